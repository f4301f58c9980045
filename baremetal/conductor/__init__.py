"""The worker: holds nodes, runs flows on them, sweeps. Reached by RPC; knows no HTTP."""
