"""Drivers that boot a ramdisk and work through its agent: deploys, cleaning, rescue, inspection.

address.py, told.py, talk.py: who is spoken to, what it is told, commands and their ends. boots.py: up and down.
learned.py: the agent's own steps. image.py, writing.py, bootable.py: the image. logs.py, hints.py, password.py.
The interfaces themselves: frame.py (cleaning and servicing, shared), custom.py, direct.py, ramdisk.py, rescue.py,
inspect.py.
"""
