"""What agents in ramdisks ask, without credentials: which node am I on, here I am, this is what I found."""

from baremetal.api.ramdisk import heartbeat, inspection, lookup

__all__ = ("heartbeat", "inspection", "lookup")
