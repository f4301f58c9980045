"""The benchmark: ours and the peer on the same database, bus and client, measured in CPU of the server per operation.

``run``, ``ipmi`` and ``profile`` are the commands; README.md says how to read what they print. No timed tests here.
"""
