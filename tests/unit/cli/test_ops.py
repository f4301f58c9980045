"""The commands of operators, as they run them, against a real server."""

import datetime
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal import milestones as names
from baremetal.cli import completion, ops, screen, table, why
from baremetal.db import models
from tests.unit.api.served import Served


@pytest.fixture
def served(tmp_path: pathlib.Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    made.stop()
    made.close()


def run(served: Served, *words: str, module: str = "ops", **environment: str) -> "subprocess.CompletedProcess[str]":
    ours = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    return subprocess.run([sys.executable, "-m", f"baremetal.cli.{module}", *words], capture_output=True, text=True,
                          timeout=120, check=False, stdin=subprocess.DEVNULL,
                          env={**ours, "OS_ENDPOINT": served.url(""), "OS_AUTH_TYPE": "none", **environment})


def test_timeline_why_and_fleet(served: Served) -> None:
    served.begin()
    served.step(0, "started")
    served.saw(names.POWER_ON)
    shown = run(served, "timeline", "web-1", "--milestones")
    assert shown.returncode == 0, shown.stderr
    assert "deploy running" in shown.stdout and "deploy.deploy" in shown.stdout and names.POWER_ON in shown.stdout
    told = run(served, "why", "web-1").stdout
    assert "'deploying'" in told and "0 of 2 steps done" in told and "Now: deploy.deploy" in told
    assert f"Expected next: {names.ADDRESS}" in told
    assert json.loads(run(served, "why", "web-1", "-f", "json").stdout)["why"][0] in told
    found = json.loads(run(served, "fleet", "-f", "json").stdout)
    assert found["provision_state"] == {"deploying": 1}
    assert "deploying" in run(served, "fleet").stdout


@pytest.mark.parametrize("words", [("-f", "json", "why", "web-1"), ("why", "-f", "json", "web-1"),
                                   ("why", "web-1", "-f", "json")])
def test_the_format_may_stand_anywhere(served: Served, words: tuple[str, ...]) -> None:
    assert json.loads(run(served, *words).stdout)["name"] == "web-1"


@pytest.mark.parametrize("words", [("--endpoint", "URL", "fleet"), ("fleet", "--endpoint", "URL")])
def test_so_may_the_endpoint(served: Served, words: tuple[str, ...]) -> None:
    ended = run(served, *(served.url("") if word == "URL" else word for word in words), OS_ENDPOINT="")
    assert ended.returncode == 0 and ended.stdout.startswith("total"), ended.stderr


@pytest.mark.parametrize(("words", "environment", "status", "says"), [
    (("why", "nobody"), {}, 2, "Node nobody was not found"),
    (("timeline", "web-1", "--limit", "0"), {}, 2, "limit"),
    (("fleet",), {"OS_ENDPOINT": "http://127.0.0.1:1"}, 2, "does not answer"),
    (("fleet",), {"OS_AUTH_TYPE": "http_basic"}, 2, "OS_USERNAME"),
    (("unicorn",), {}, 2, "invalid choice"),
    ((), {}, 2, "COMMAND"),
])
def test_what_is_wrong_is_said(served: Served, words: tuple[str, ...], environment: dict[str, Any], status: int,
                               says: str) -> None:
    ended = run(served, *words, **environment)
    assert (ended.returncode, ended.stdout) == (status, "") and says in ended.stderr
    assert "Traceback" not in ended.stderr


class Other(http.server.BaseHTTPRequestHandler):
    """Some other service: it has nothing of ours."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.mark.parametrize("words", [("fleet",), ("why", "web-1"), ("events",), ("watch", "web-1")])
def test_another_service_is_told_from_a_missing_node(served: Served, words: tuple[str, ...]) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        ended = run(served, *words, OS_ENDPOINT=f"http://127.0.0.1:{other.server_address[1]}")
        other.shutdown()
    assert ended.returncode == 2 and "another service than baremetal" in ended.stderr and "OS_ENDPOINT" in ended.stderr


def test_events_are_told_as_lines(served: Served) -> None:
    env = {**os.environ, "OS_ENDPOINT": served.url(""), "OS_AUTH_TYPE": "none", "PYTHONUNBUFFERED": "1"}
    child = subprocess.Popen([sys.executable, "-m", "baremetal.cli.ops", "events", "--kind", "node"], env=env,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        assert "listening" in child.stdout.readline()
        served.make("/v1/nodes", {"driver": "fake-hardware", "name": "web-2"})
        # what the fixture made may come first
        lines = [child.stdout.readline()]
        if "web-1" in lines[0]:
            lines.append(child.stdout.readline())
        assert "node web-2 create" in lines[-1]
    finally:
        child.kill()
        child.communicate()


@pytest.mark.parametrize("shell", sorted(completion.SHELLS))
def test_completion_knows_every_command(served: Served, shell: str) -> None:
    ended = run(served, "completion", shell, OS_ENDPOINT="")
    assert ended.returncode == 0 and all(name in ended.stdout for name in ops.COMMANDS)


@pytest.mark.parametrize("module", ["ops", "watch"])
def test_a_full_disk_is_a_sentence(served: Served, module: str) -> None:
    words = ["fleet"] if module == "ops" else ["--until-done", "web-1"]
    with open("/dev/full", "w") as full:
        ended = subprocess.run([sys.executable, "-m", f"baremetal.cli.{module}", *words], stdout=full,
                               stderr=subprocess.PIPE, text=True, timeout=120, check=False,
                               env={**os.environ, "OS_ENDPOINT": served.url(""), "OS_AUTH_TYPE": "none"})
    assert ended.returncode == 2 and "cannot write: No space left" in ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr


def test_completion_in_a_real_bash(served: Served, tmp_path: pathlib.Path) -> None:
    script = tmp_path / "completion"
    script.write_text(run(served, "completion", "bash").stdout)
    asked = "COMP_WORDS=(baremetal-ops {}); COMP_CWORD={}; _baremetal_ops; echo ${{COMPREPLY[@]}}"
    for words, place, wanted in (("ti", 1, "timeline"), ("timeline --mi", 2, "--milestones"),
                                 ("completion f", 2, "fish"), ("-f json wh", 3, "why"),
                                 ("why web-1 -f ''", 4, "table json"),
                                 ("-f json timeline --m", 4, "--milestones"), ("--endp", 1, "--endpoint")):
        ended = subprocess.run(["bash", "-c", f". {script}; {asked.format(words, place)}"], capture_output=True,
                               text=True, check=True, timeout=120)
        assert ended.stdout.strip() == wanted


NODE: dict[str, Any] = {
    "node": "8b2b1f4e", "name": "web-1", "provision_state": "active", "target_provision_state": None,
    "power_state": "power on", "maintenance": False, "maintenance_reason": None, "fault": None, "last_error": None,
    "held": None, "awaited": None, "flows": []}
NOW = datetime.datetime(2026, 1, 1, 0, 2, 5, tzinfo=datetime.UTC)
FAILED = {"verb": "deploy", "state": "failed", "finished_at": "2026-01-01T00:00:00+00:00", "error": "no room"}


@pytest.mark.parametrize(("changes", "says"), [
    ({}, "Nothing is wrong with it"),
    ({"maintenance": True, "fault": "power failure", "maintenance_reason": "no answer"}, "its controller answers"),
    ({"maintenance": True}, "baremetal node maintenance unset web-1"),
    ({"maintenance": True, "maintenance_set": None}, "(maintenance): no reason was given"),
    ({"maintenance": True, "maintenance_reason": "a fan", "maintenance_set": {
        "at": "2026-01-01T00:00:05+00:00", "user": "alice"}}, "(2 min ago) by alice): a fan"),
    ({"maintenance": True, "maintenance_set": {"at": "2026-01-01T00:00:05+00:00", "user": None}}, "by somebody): no"),
    ({"flows": [FAILED], "provision_state": "deploy failed"}, "baremetal node deploy web-1"),
    ({"held": {"holder": "c1", "why": None, "since": "2026-01-01T00:00:00+00:00"}}, "c1 holds it"),
    ({"last_error": "BMC said no"}, "BMC said no"),
])
def test_reasons(changes: dict[str, Any], says: str) -> None:
    assert says in "\n".join(why.lines({**NODE, **changes}, NOW))


RUNNING: dict[str, Any] = {
    "verb": "deploy", "state": "waiting", "finished_at": None, "duration_seconds": 100.0,
    "steps": [{"interface": "deploy", "step": "deploy", "state": "waiting", "attempts": 1}],
    "progress": {"phase": "agent starting", "step": "deploy.deploy", "percent": 40.0, "steps_done": 0, "steps_total": 2,
                 "expected": names.LOOKUP, "silent_seconds": 95.0, "estimate_seconds": None}}


@pytest.mark.parametrize(("state", "progress", "says", "never"), [
    ("wait call-back", {}, ["look at its console", "docs/boot.md", "node abort web-1", "1 min 35 s"], "40 %"),
    ("deploying", {}, ["It ends by itself"], "abort"),
    ("verifying", {"expected": None, "step": "verb.verify"}, ["its controller does not answer"], "abort"),
    ("deploying", {"silent_seconds": 2.0, "estimate_seconds": 12.4}, ["40 %", "About 12 s are left"], "may mean"),
])
def test_what_stands_still_is_told_with_what_it_may_mean(state: str, progress: dict[str, Any], says: list[str],
                                                         never: str) -> None:
    flow = {**RUNNING, "progress": {**RUNNING["progress"], **progress}}
    told = "\n".join(why.lines({**NODE, "provision_state": state, "flows": [flow]}, NOW))
    assert all(each in told for each in says) and never not in told, told


def test_every_sign_of_a_boot_that_is_missed_has_words() -> None:
    assert set(names.BOOT) <= set(why.MISSING)
    text = (pathlib.Path(__file__).parents[3] / "docs/boot.md").read_text()
    for named in re.findall(r"docs/boot.md, (.*?)\)", " ".join(why.MISSING.values())):
        assert f"# {named}\n" in text, named


def test_the_fleet_names_who_should_be_looked_at(served: Served) -> None:
    with served.database.write() as connection:
        connection.execute(sa.update(models.NODES).values(provision_state="deploy failed", last_error="no room",
                                                          conductor_group="elsewhere"))
    told = run(served, "fleet").stdout
    assert re.search(r"web-1 +deploy failed +no room", told) and "baremetal-ops why NODE" in told
    assert "1 of them cannot be worked on" in told and "baremetal conductor list" in told
    assert json.loads(run(served, "fleet", "-f", "json").stdout)["without_conductor"] == 1


@pytest.mark.parametrize(("seconds", "says"), [
    (0, "(now)"), (59, "(59 s ago)"), (125, "(2 min ago)"), (-90, "(in 1 min)"), (7300, "(2 h ago)"),
    (86400, "(1 day ago)"), (200_000, "(2 days ago)")])
def test_moments(seconds: int, says: str) -> None:
    told = screen.moment((NOW - datetime.timedelta(seconds=seconds, microseconds=1)).isoformat(), NOW)
    assert told.endswith(says) and re.match(r"(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d \(", told)


def test_a_table_fits_into_the_terminal() -> None:
    told = table.rows(("STEP", "ERROR"), [("deploy.write_image", "a long story " * 20), ("b", None)], 60)
    assert max(map(len, told.splitlines())) <= 60 and told.count("story") == 20
    assert table.wrapped("  error: " + "a long story " * 20, 60).splitlines()[1].startswith("    ")
    assert len(table.rows(("STEP", "ERROR"), [("deploy.write_image", "a long story " * 20)]).splitlines()) == 2


def test_older_verbs(served: Served) -> None:
    def older(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return run(served, *words, module="compute", **environment)

    made = older("node-create", "host-1", "8", "4096", "40", "52:54:00:AA:00:01", "--pm_address", "192.0.2.1",
                 "--pm_user", "admin", "--driver", "fake-hardware", BAREMETAL_PM_PASSWORD="geheim")
    assert made.returncode == 0 and "52:54:00:aa:00:01" in made.stdout and "geheim" not in made.stdout, made.stderr
    ident = next(line.split()[1] for line in made.stdout.splitlines() if line.startswith("ID"))
    listed = older("baremetal-node-list").stdout.splitlines()
    assert listed[0].split()[0] == "ID"
    assert any(ident in line and "host-1" in line and "4096" in line for line in listed)
    added = older("interface-add", ident, "52:54:00:aa:00:02", "--port_no", "7")
    assert "52:54:00:aa:00:02" in added.stdout and " 7 " in added.stdout
    assert older("interface-remove", ident, "52:54:00:AA:00:02").returncode == 0
    assert "00:02" not in older("interface-list", ident).stdout
    twice = older("node-create", "host-1", "8", "4096", "40", "52:54:00:aa:00:01", "--driver", "fake-hardware")
    assert twice.returncode == 2 and "52:54:00:aa:00:01" in twice.stderr
    assert len(older("node-list").stdout.splitlines()) == len(listed), "nothing half made remains"
    assert older("interface-remove", ident, "52:54:00:aa:00:09").returncode == 2
    assert older("node-delete", ident).returncode == 0 and older("node-show", ident).returncode == 2
