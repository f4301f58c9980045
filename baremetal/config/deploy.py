"""Section deploy: what holds for all deployments."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.StrOpt("default_boot_mode", default="uefi", choices=["uefi", "bios"],
               help="Boot mode of nodes that say nothing of it in capabilities, and of which nothing is known."),
]
