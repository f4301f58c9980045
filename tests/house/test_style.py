"""ruff and mypy, as configured in ``ruff.toml`` and ``setup.cfg``."""

import subprocess
import sys

import pytest

from tests.house import sources

# fmt: off
TOOLS = {
    "ruff": ["ruff", "check", "--no-cache", ".", "test"],
    "mypy": ["mypy", "--cache-dir=/dev/null"],    # a cache that others write too has told untruths
}
# fmt: on


@pytest.mark.parametrize("tool", TOOLS)
def test_tool_finds_nothing(tool: str) -> None:
    done = subprocess.run([sys.executable, "-m", *TOOLS[tool]],
                          cwd=sources.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
