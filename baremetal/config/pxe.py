"""Sections pxe and dnsmasq: network boot, DHCP and TFTP."""

from oslo_config import cfg

PXE: list[cfg.Opt] = [
    cfg.StrOpt("kernel_append_params", default="nofb",
               help="What is added to the kernel line of ramdisks; a node's own kernel_append_params goes in its place, "
                    "with %default% standing for this."),
    cfg.StrOpt("default_ephemeral_format", default="ext4",
               help="File system of an ephemeral partition where instance_info/ephemeral_format names none."),
    cfg.StrOpt("tftp_root", default="", help="Folder that TFTP serves. Default: tftp in state_path."),
    cfg.StrOpt("loader_file_paths", default="",
               help="Further loaders to offer over TFTP, as name:path,name:path. Those of Debian's packages are found."),
    cfg.StrOpt("ipxe_config_template", default="",
               help="Jinja2 template of the iPXE script of a node. Default: the one that comes with this program."),
    cfg.StrOpt("pxe_config_template", default="",
               help="Jinja2 template of the GRUB configuration of a node. Default: the one that comes with it."),
]
DNSMASQ: list[cfg.Opt] = [
    cfg.StrOpt("interface", default="",
               help="Network interface on which dnsmasq answers DHCP and TFTP; without one no dnsmasq is started, and "
                    "DHCP is somebody else's."),
    cfg.StrOpt("dhcp_range", default="", help="First and last address to give, as 10.0.0.50,10.0.0.200."),
    cfg.StrOpt("router", default="", help="Router that servers are told of; none when empty."),
    cfg.StrOpt("dns", default="", help="Name server that servers are told of; none when empty."),
    cfg.IntOpt("lease_time", default=3600, min=120, help="Seconds for which an address is given."),
    cfg.StrOpt("binary", default="dnsmasq", help="The program, as a name or a path."),
]
