"""Implementations that speak IPMI 2.0 over LAN to a BMC; clients know them as ``ipmitool``."""
