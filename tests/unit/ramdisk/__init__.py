"""The ramdisk's writer, on plain files and loop devices, against a server that gives ranges."""
