"""Starting Nova's part of the story: the interpreter that has it, and one run of what nova-compute would do."""

import contextlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
#: seconds for one run
LIMIT = 900
#: characters of Nova's log that a failure shows
LOG = 3000
CONFIG = """
[DEFAULT]
compute_driver = ironic.IronicDriver
host = compute-1
mkisofs_cmd = xorrisofs
state_path = {folder}
use_stderr = true
force_config_drive = true
transport_url = fake://

[oslo_concurrency]
lock_path = {folder}

[neutron]
auth_type = none

[ironic]
api_retry_interval = 1
api_max_retries = 180
serial_console_state_timeout = 60
{ironic}
"""

#: (server, part): how it ended; and Nova's log
Lived = tuple[dict[tuple[str, str], dict[str, Any]], str]
Live = Callable[[dict[str, str], list[dict[str, Any]]], Lived]


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Live:
    """A function that lets Nova live through the parts of each server, with options of its section [ironic]."""
    python = ROOT / ".venv-nova" / "bin" / "python"
    if not python.exists():
        pytest.fail(f"{python} is not there: run .ci/environment nova", pytrace=False)

    def run(ironic: dict[str, str], servers: list[dict[str, Any]]) -> Lived:
        folder = tmp_path_factory.mktemp("nova")
        config, asked, said, log = (folder / name for name in ("nova.conf", "asked.json", "said", "log"))
        lines = "\n".join(f"{name} = {value}" for name, value in ironic.items())
        config.write_text(CONFIG.format(folder=folder, ironic=lines))
        asked.write_text(json.dumps({"config": str(config), "servers": servers, "seconds": LIMIT - 5}))
        with said.open("w") as out, log.open("w") as errors, contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run([python, "-m", "tests.nova.compute", asked], cwd=ROOT, stdout=out, stderr=errors,
                           timeout=LIMIT, check=False)
        ended = [json.loads(line) for line in said.read_text().splitlines() if line.startswith("{")]
        return {(line["server"], line["part"]): line for line in ended}, log.read_text()[-LOG:]
    return run


def judge(lived: Lived, server: str, part: str) -> None:
    """Fail unless a part has ended well."""
    found, log = lived
    assert (server, part) in found, f"not ended in time, or not tried after an earlier failure: {log}"
    assert found[server, part]["error"] is None, found[server, part]["error"] + log
