"""Nodes: one file per part."""
