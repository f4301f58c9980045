"""Options that oslo.messaging 18 reads from any conf but registers on its global one only."""

import importlib

from oslo_config import cfg

#: (module, its list of options and their group)
STRAYS = (
    ("oslo_messaging._tracing.client", "oslo_messaging_tracing"),
    ("oslo_messaging._metrics.client", "oslo_messaging_metrics"),
)


def register(conf: cfg.ConfigOpts) -> None:
    """Register them on ``conf``."""
    for module, group in STRAYS:
        try:
            options = getattr(importlib.import_module(module), group)
        except ImportError:
            # other releases have no such module and need nothing
            continue
        conf.register_opts(options, group)
