"""Drivers without devices: tables of cases."""
