"""Drivers that work through an agent: against a small agent on loopback."""
