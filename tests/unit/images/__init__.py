"""The images room, on real files, servers and programs."""
