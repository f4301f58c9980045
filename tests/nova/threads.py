"""Run by the interpreter of .venv-nova, before anything of Nova is imported: lets it use threads, its way to come."""

import os

from nova import monkey_patch

os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"
monkey_patch.patch("threading")
