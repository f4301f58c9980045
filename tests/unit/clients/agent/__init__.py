"""The client of agents, on real TLS connections over loopback."""
