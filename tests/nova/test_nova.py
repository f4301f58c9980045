"""Nova's driver does its work against our service: on a fake server, and on a simulated one with an IPMI BMC and agent.

``compute.py`` is what nova-compute would do; here it is started, and each thing that it has done is a test.
"""

import contextlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.api import drive
from tests.nova import servers

ROOT = Path(__file__).parents[2]
PARTS = ("lists_and_reports", "keeps_to_its_share", "reserves", "plugs", "spawns", "looks", "switches",
         "plugs_while_it_runs", "opens_a_console", "rescues", "rebuilds", "destroys")
SERVERS = {"fake": (*PARTS, "gives_up"), "ipmi": PARTS}
#: seconds for all of it
LIMIT = 85
#: characters of Nova's log that a failure shows
LOG = 3000

Lived = tuple[dict[tuple[str, str], dict[str, Any]], str]


@pytest.fixture(scope="session")
def nova() -> Path:
    """The interpreter that has Nova."""
    python = ROOT / ".venv-nova" / "bin" / "python"
    if not python.exists():
        pytest.fail(f"{python} is not there: run .ci/environment nova", pytrace=False)
    return python


@pytest.fixture(scope="session")
def lived(nova: Path, service: Any, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """What each part of the driver's work came to, and what Nova logged."""
    folder = tmp_path_factory.mktemp("nova")
    endpoint = drive.Endpoint(service.url, service.auth)
    given = [{**make(endpoint, service), "name": name, "parts": SERVERS[name]}
             for name, make in (("fake", servers.fake), ("ipmi", servers.simulated))]
    config = folder / "nova.conf"
    config.write_text(CONFIG.format(url=service.url, user=service.auth[0], password=service.auth[1], folder=folder))
    asked = folder / "asked.json"
    asked.write_text(json.dumps({"config": str(config), "servers": given}))
    said, log = folder / "said", folder / "log"
    with said.open("w") as out, log.open("w") as errors, contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run([nova, "-m", "tests.nova.compute", asked], cwd=ROOT, stdout=out, stderr=errors, timeout=LIMIT,
                       check=False)
    lines = [json.loads(line) for line in said.read_text().splitlines() if line.startswith("{")]
    return {(line["server"], line["part"]): line for line in lines}, log.read_text()[-LOG:]


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

[ironic]
auth_type = http_basic
endpoint = {url}
endpoint_override = {url}
username = {user}
password = {password}
api_retry_interval = 1
api_max_retries = 60
serial_console_state_timeout = 5

[neutron]
auth_type = none
"""


@pytest.mark.parametrize(("server", "part"), [(name, part) for name, parts in SERVERS.items() for part in parts])
def test_nova_does(server: str, part: str, lived: Lived) -> None:
    found, log = lived
    assert (server, part) in found, f"not ended in time, or not tried after an earlier failure: {log}"
    assert found[server, part]["error"] is None, found[server, part]["error"] + log
