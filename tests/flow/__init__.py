"""Whole flows: conductors in process, fake hardware, moved clocks."""
