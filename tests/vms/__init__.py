"""Virtual machines: real firmware, real agent, real disks."""
