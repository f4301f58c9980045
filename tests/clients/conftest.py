"""The foreign command line as a function."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest


class Cli:
    """``baremetal`` of python-ironicclient."""

    def __init__(self, folder: Path, service: Any) -> None:
        self.folder = folder
        self.env = {**os.environ, "OS_AUTH_TYPE": "http_basic", "OS_ENDPOINT": service.url,
                    "OS_USERNAME": service.auth[0], "OS_PASSWORD": service.auth[1]}

    def run(self, *words: str) -> subprocess.CompletedProcess:
        """Run a command; return what it printed and how it ended."""
        return subprocess.run([self.folder / "baremetal", *words], env=self.env, capture_output=True, text=True,
                              timeout=400, check=False)

    def __call__(self, *words: str) -> str:
        """Run a command that must succeed."""
        done = self.run(*words)
        assert done.returncode == 0, f"baremetal {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *words: str) -> Any:
        """Run a command that prints JSON."""
        return json.loads(self(*words, "-f", "json"))

    def until(self, node: str, field: str, value: Any, within: float = 180) -> dict[str, Any]:
        """Return the node once ``field`` has ``value``."""
        end = time.monotonic() + within
        while True:
            shown = self.json("node", "show", node)
            if shown[field] == value and not shown["reservation"]:
                return shown
            assert time.monotonic() < end, f"{field} is {shown[field]!r}, last_error {shown['last_error']!r}"


@pytest.fixture
def cli(clients: Path, service: Any) -> Cli:
    """The command line, pointed at our service."""
    return Cli(clients, service)
