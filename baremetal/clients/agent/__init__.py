"""Agents in ramdisks: ``Client`` speaks to any number of them from one thread, ``Address`` names one of them.

client.py: queue and thread. conversation.py: what is sent, and again when an answer is lost. answers.py: answers as
results and faults. address.py: who is spoken to. certificates.py: whose certificate is believed.
"""

from baremetal.clients.agent.address import Address
from baremetal.clients.agent.client import Client
from baremetal.clients.agent.conversation import LARGE, Limits

__all__ = ["LARGE", "Address", "Client", "Limits"]
