"""Every call that openstacksdk and python-ironicclient have, unmodified, against our service; the outcome is kept."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients import conftest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(("script", "least"), [("every_sdk.py", 100), ("every_cli.py", 110)])
def test_every_call_does_what_it_says(script: str, least: int, clients: Path, service: Any) -> None:
    env = {**conftest.Cli(clients, service).env, "OS_CLIENT_CONFIG_FILE": "/dev/null"}
    done = subprocess.run([clients / "python", Path(__file__).with_name(script), service.url], env=env,
                          capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    calls = json.loads(done.stdout.splitlines()[-1])
    assert len(calls) > least and all(calls.values())
    results = ROOT / "results"
    results.mkdir(exist_ok=True)
    (results / f"{Path(script).stem}.json").write_text(json.dumps(calls, indent=1))
    page = (ROOT / "docs" / "clients.md").read_text()
    missing = [name for name in calls if f"`{name}`" not in page]
    if os.environ.get("WRITE_CALLS") is None:
        assert not missing, f"docs/clients.md lacks calls that work: {missing}"
