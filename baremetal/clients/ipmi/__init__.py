"""IPMI over LAN: ``Client`` speaks to any number of BMCs from one thread, ``Address`` names one of them.

client.py: queue and thread. bmc.py: one BMC. session.py: logging in and asking. transmission.py: packets, timers.
port.py: sockets. operations.py: the table of what can be asked, made of chassis.py, controller.py, sensors.py and
eventlog.py. completion.py: refusals as faults. breaker.py: leaving a BMC alone.
"""

from baremetal.clients.ipmi.address import Address
from baremetal.clients.ipmi.client import Client, Limits

__all__ = ["Address", "Client", "Limits"]
