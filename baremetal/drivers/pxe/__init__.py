"""Network boot: by iPXE and HTTP, or by GRUB and TFTP, with DHCP of our own or somebody else's."""
