"""The lab against foreign programs: ipmitool and our own client drive simulated BMCs."""
