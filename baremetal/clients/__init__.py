"""Whoever we speak to over a wire; knows no node."""
