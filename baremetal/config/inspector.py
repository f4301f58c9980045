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
    cfg.StrOpt("known_accelerators",
               help="A YAML file of devices that hook accelerators knows, as pci_devices: [{vendor_id, device_id, type, "
                    "device_info}]. Default: the one that comes with this service."),
    cfg.DictOpt("cpu_capabilities", default={"vmx": "cpu_vt", "svm": "cpu_vt", "aes": "cpu_aes", "pse": "cpu_hugepages",
                                             "pdpe1gb": "cpu_hugepages_1g", "smx": "cpu_txt"},
                help="Flags of processors with the capability that hook cpu-capabilities notes for each."),
    cfg.BoolOpt("extra_hardware_strict", default=False,
                help="Whether hook extra-hardware takes only records of four items, and forgets data in another form."),
    cfg.MultiStrOpt("pci_device_alias", default=[],
                    help='PCI devices that hook pci-devices counts as a capability, each as {"vendor_id": "1234", '
                         '"product_id": "5678", "name": "gpu"}.'),
    cfg.StrOpt("extra_kernel_params", default="", help="What is added to the kernel line for inspection."),
]
