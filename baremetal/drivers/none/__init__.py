"""Implementations that speak to nobody: ``no-…`` refuse everything, ``noop`` have nothing to do."""
