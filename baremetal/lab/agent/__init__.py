"""Simulated deploy agents: what a server boots over the network, and the agent that then speaks for it.

Everything runs in the fleet's one loop. ``computer`` is what stands behind a machine's power button: it boots from
the network or from its disk; ``process`` is the life of one agent; the other files are its parts.
"""
