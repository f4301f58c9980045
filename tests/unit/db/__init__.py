"""Queries on real databases."""
