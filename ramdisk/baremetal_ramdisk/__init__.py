"""Writes images by block map inside the deploy ramdisk: a plug-in of ironic-python-agent."""
