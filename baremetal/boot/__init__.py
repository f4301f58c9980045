"""Network boot as text and files: kernel lines, scripts, loaders, DHCP configuration, and what lies ready for whom.

Pure but for its own folders: it speaks to nobody, knows no driver and holds no node.
"""
