"""baremetal: a control plane that runs fleets of physical servers like a cloud.

Threads, not eventlet: oslo.service and futurist load eventlet wherever it is installed (it is one of their
requirements), which costs memory and start-up time and changes how their locks work. This is said here, since it
must be said before any oslo library is loaded.
"""

import sys

sys.modules.setdefault("eventlet", None)  # type: ignore[arg-type]

from oslo_service import backend  # noqa: E402

backend.register_backend_default_hook(lambda: backend.BackendType.THREADING)
