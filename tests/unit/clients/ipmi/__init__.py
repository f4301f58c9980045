"""The IPMI client by itself; with BMCs it is tried in tests/lab."""
