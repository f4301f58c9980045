"""Section deploy: what holds for all deployments."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.HostAddressOpt("http_host_ip", default="127.0.0.1",
                       help="Address at which the conductor serves boot files and images; one that servers reach."),
    cfg.PortOpt("http_port", default=6387, help="Port at which the conductor serves boot files and images; 0 where it serves none."),
    cfg.StrOpt("http_url", default="",
               help="URL under which servers reach that. Default: made of http_host_ip and http_port."),
    cfg.StrOpt("http_root", default="", help="Folder for what is served. Default: boot in state_path."),
    cfg.IntOpt("erase_devices_priority", default=0, min=0,
               help="Priority of erasing whole disks in automated cleaning; 0 is only on demand, for it takes hours."),
    cfg.IntOpt("erase_devices_metadata_priority", default=10, min=0,
               help="Priority of erasing partition tables and file system signatures in automated cleaning; 0 is "
                    "only on demand."),
    cfg.IntOpt("delete_configuration_priority", min=0,
               help="Priority of deleting software RAID in automated cleaning, with raid interface 'agent'; without it "
                    "the agent's own, which is only on demand."),
    cfg.IntOpt("create_configuration_priority", min=0,
               help="Priority of building software RAID in automated cleaning, with raid interface 'agent'; without it "
                    "the agent's own, which is only on demand."),
    cfg.BoolOpt("power_off_after_deploy_failure", default=True,
                help="Whether a server is switched off when its deploy failed."),
    cfg.StrOpt("default_boot_mode", default="uefi", choices=["uefi", "bios"],
               help="Boot mode of nodes that say nothing of it in capabilities, and of which nothing is known."),
]
