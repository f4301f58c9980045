"""Simulated hardware: reaches the house over the network only, as real hardware does.

machine.py: a server as it is. bmc.py: its BMC on the wire, with session.py for RAKP and one file per group of
commands: chassis.py, controller.py, sensors.py, eventlog.py, inventory.py, lan.py. faults.py: what can be wrong with
it. fleet.py: many of them in one thread. control.py: how another process looks behind the BMC.
"""
