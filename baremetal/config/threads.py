"""What the oslo libraries must be told before they work: threads, not eventlet. Says so to the oslo libraries before they are loaded.

oslo.service and futurist load eventlet wherever it is installed (it is one of their requirements), which costs
memory and start-up time and changes how their locks work. Importing this module first keeps it out.
"""

import importlib
import sys
import typing

sys.modules.setdefault("eventlet", None)  # type: ignore[arg-type]

from oslo_service import backend  # noqa: E402

if sys.modules["eventlet"] is None:
    backend.init_backend(backend.BackendType.THREADING)


#: (module, its list of options and their group): registered by oslo.messaging 18 on its global conf only
STRAYS = (
    ("oslo_messaging._tracing.client", "oslo_messaging_tracing"),
    ("oslo_messaging._metrics.client", "oslo_messaging_metrics"),
)


def register_strays(conf: typing.Any) -> None:
    """Register the options that oslo.messaging reads from any conf but registers on its global one only."""
    for module, group in STRAYS:
        try:
            options = getattr(importlib.import_module(module), group)
        except ImportError:
            # other releases have no such module and need nothing
            continue
        conf.register_opts(options, group)
