"""Makes a package that was installed elsewhere visible to this process, and invisible again."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from stevedore import extension


@contextlib.contextmanager
def visible(site: Path, *modules: str) -> Iterator[None]:
    """Let ``site`` stand on the path like a restarted process would see it; ``modules`` are forgotten at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        patch.setattr(extension.ExtensionManager, "ENTRY_POINT_CACHE", {})   # stevedore looks once per process
        yield
    for module in modules:
        sys.modules.pop(module, None)
