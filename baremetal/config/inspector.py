"""Section inspector: what is done with what agents report of a server."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.ListOpt("hooks", default=["ramdisk-error", "validate-interfaces", "ports", "architecture", "cpus", "memory",
                                  "root-device", "boot-mode", "parse-lldp", "local-link-connection"],
                help="What is done with an agent's report, in this order."),
    cfg.StrOpt("add_ports", default="pxe", choices=["all", "active", "pxe", "disabled"],
               help="Which interfaces of a report become ports: all, those with an address, the one that booted, none."),
    cfg.StrOpt("keep_ports", default="all", choices=["all", "present", "added"],
               help="Which ports stay: all, those whose interface was reported, those that would be added."),
    cfg.BoolOpt("power_off", default=True, help="Whether a server is switched off when it has been inspected."),
    cfg.ListOpt("physical_network_cidr_map", default=[],
                help="Ranges of addresses with the physical network that each of them is on, as "
                     "10.0.0.0/24:provisioning; hook physical-network gives ports the network of their address."),
    cfg.StrOpt("extra_kernel_params", default="", help="What is added to the kernel line for inspection."),
]
