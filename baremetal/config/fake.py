"""Section fake: how long the fake interfaces take; single nodes override it in driver_info (docs/fake.md)."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.ListOpt(f"{kind}_delay", default=["0"], item_type=cfg.types.Float(min=0),
                help=f"Seconds that an operation of the fake {kind} interface takes; "
                     "two values are the bounds of a random time.")
    for kind in ("power", "boot", "deploy", "vendor", "management", "inspect", "raid", "bios", "storage",
                 "rescue", "firmware")
]
