"""``./run`` as a user types it: it starts, says what to type next, ends on Ctrl-C, and goes on where it was."""

import dataclasses
import json
import re
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests import processes

ROOT = Path(__file__).parents[2]
FLEET = 2


@dataclasses.dataclass(frozen=True)
class Started:
    """A running ``./run``."""

    process: processes.Process
    data: Path

    def credentials(self) -> dict[str, str]:
        """What it wrote down."""
        return dict(json.loads((self.data / "credentials.json").read_text()))

    def get(self, path: str) -> requests.Response:
        """Ask its API as the user it made."""
        told = self.credentials()
        return requests.get(told["url"] + path, auth=(told["username"], told["password"]), timeout=120,
                            headers={"OpenStack-API-Version": "baremetal latest"})

    def names(self) -> list[str]:
        """The names of its nodes."""
        return sorted(node["name"] for node in self.get("/v1/nodes").json()["nodes"])


def refused(*words: str | Path) -> str:
    """What ``./run`` says when it does not start."""
    done = subprocess.run([ROOT / "run", *map(str, words)], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode, done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr.strip()


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Started]]:
    """Start ``./run`` with the same data each time."""
    data = tmp_path_factory.mktemp("run") / "data"
    arguments = ["--data", data, "--port", processes.free_port(), "--fleet", FLEET,
                 "--fleet-network", processes.free_network()]
    begun: list[processes.Process] = []

    def make() -> Started:
        log = data.parent / f"run-{len(begun)}.log"
        process = processes.Process("run", processes.Command([str(ROOT / "run"), *map(str, arguments)]), log)
        begun.append(process)
        process.wait_for(lambda: "Ctrl-C" in process.tail(100), within=300)
        return Started(process, data)

    yield make
    for process in begun:
        process.stop()


@pytest.fixture(scope="module")
def told(start: Callable[[], Started]) -> tuple[Started, str]:
    """The first start, and all that it said."""
    first = start()
    return first, first.process.tail(200)


def test_help_names_the_options() -> None:
    done = subprocess.run([ROOT / "run", "--help"], capture_output=True, text=True, timeout=600, check=True)
    assert {"--fleet", "--data", "--port"} <= set(re.findall(r"--[a-z]+", done.stdout))


def test_it_says_address_credentials_and_next_commands(told: tuple[Started, str]) -> None:
    first, text = told
    known = first.credentials()
    assert known["url"] in text and known["username"] in text and known["password"] in text
    assert text.count(".venv-clients/bin/baremetal") >= 2


def test_credentials_are_for_their_owner_only(told: tuple[Started, str]) -> None:
    first, _ = told
    assert stat.S_IMODE((first.data / "credentials.json").stat().st_mode) == 0o600
    assert requests.get(first.credentials()["url"] + "/v1/nodes", timeout=120).status_code == 401


def test_fleet_is_enrolled(told: tuple[Started, str]) -> None:
    first, _ = told
    assert len(first.names()) == FLEET
    assert {node["driver"] for node in first.get("/v1/nodes?detail=true").json()["nodes"]} == {"ipmi"}


def test_printed_commands_work(told: tuple[Started, str], clients: Path) -> None:
    first, text = told
    export = re.search(r"^ *(export .*)$", text, re.MULTILINE)
    commands = re.findall(r"^ *(\.venv-clients/bin/baremetal .*)$", text, re.MULTILINE)
    assert export and commands
    for command in commands:
        done = subprocess.run(["sh", "-ec", f"{export[1]}\n{command}"], cwd=ROOT, capture_output=True, text=True,
                              timeout=600, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def test_ctrl_c_ends_it_and_the_next_start_goes_on(told: tuple[Started, str],
                                                   start: Callable[[], Started]) -> None:
    first, _ = told
    names, known = first.names(), first.credentials()
    assert first.process.stop(signal.SIGINT, within=180) == 0
    assert "Traceback" not in first.process.tail(200)
    second = start()
    assert second.names() == names
    assert second.credentials() == known
    assert known["password"] not in second.process.tail(200)
    assert second.process.stop(signal.SIGTERM, within=180) == 0


def test_second_copy_on_the_same_data_is_refused(start: Callable[[], Started]) -> None:
    first = start()
    said = refused("--data", first.data, "--port", processes.free_port())
    assert str(first.process.pid) in said and str(first.data) in said and "--data" in said
    assert first.get("/v1/conductors").json()["conductors"][0]["alive"]
    first.process.stop(signal.SIGINT, within=180)


def test_killed_service_takes_its_fleet_along_and_the_next_start_goes_on(start: Callable[[], Started]) -> None:
    first = start()
    names = first.names()
    first.process.stop(signal.SIGKILL, within=180)
    second = start()
    assert second.names() == names
    second.process.stop(signal.SIGINT, within=180)


def test_renamed_node_stays_the_same_server(start: Callable[[], Started]) -> None:
    first = start()
    told = first.credentials()
    answer = requests.patch(f"{told['url']}/v1/nodes/server-1", auth=(told["username"], told["password"]), timeout=120,
                            json=[{"op": "replace", "path": "/name", "value": "web"}],
                            headers={"OpenStack-API-Version": "baremetal latest"})
    assert answer.ok, answer.text
    first.process.stop(signal.SIGINT, within=180)
    second = start()
    assert second.names() == ["server-2", "web"]
    second.process.stop(signal.SIGINT, within=180)


@pytest.mark.parametrize(("words", "names"), [
    (["--data", "/proc/nothing"], "--data"),
    (["--port", "99999"], "--port"),
    (["--bind", "203.0.113.9"], "--bind"),
    (["--fleet-network", "10.0.0.0"], "--fleet-network"),
    (["--fleet", "-1"], "--fleet"),
    (["--config-file", "/nonesuch"], "/nonesuch"),
])
def test_what_cannot_be_is_said_in_a_sentence(words: list[str], names: str, tmp_path: Path) -> None:
    place = [] if words[0] == "--data" else ["--data", tmp_path]
    assert names in refused(*place, *words).splitlines()[-1]
