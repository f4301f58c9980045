"""baremetal: a control plane that runs fleets of physical servers like a cloud.

Threads, not eventlet: oslo.service and futurist load eventlet wherever it is installed (it is one of their
requirements), which costs memory and start-up time and changes how their locks work. This is said here, since it
must be said before any oslo library is loaded.
"""

import os
import signal
import sys

#: commands that a person starts; while they are still being loaded, Ctrl-C ends them like any program and not with the
#: places in Python where that was. It must be said before loading begins, and to them only: others import this package,
#: too. What they do then says for itself what Ctrl-C does
COMMANDS = ("baremetal", "baremetal-ops", "baremetal-service", "baremetal-watch", "nova-baremetal")
if (sys.argv and os.path.basename(sys.argv[0]) in COMMANDS
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler):
    signal.signal(signal.SIGINT, signal.SIG_DFL)

sys.modules.setdefault("eventlet", None)  # type: ignore[arg-type]

from oslo_service import backend  # noqa: E402

backend.register_backend_default_hook(lambda: backend.BackendType.THREADING)
