"""Inspection rules: conditions and actions as tables, run on what the hooks have made of a report. Asks nobody."""
