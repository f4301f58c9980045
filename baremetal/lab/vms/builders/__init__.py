"""What virtual machines boot: a deploy ramdisk with the real agent, and small systems to be deployed.

cache.py keeps what was built; kernel.py, root.py, ramdisk.py and image.py each make one thing; files/ is what goes in.
"""
