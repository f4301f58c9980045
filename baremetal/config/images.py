"""Section images: which images may be fetched, and how many are kept."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.ListOpt("allowed_networks", default=[],
                help="Networks (as 10.0.0.0/8, 127.0.0.1/32) from which images may come although they are loopback or "
                     "link-local, which are refused otherwise."),
]
