"""How events look: tables of events and of what is shown for them."""

import re
from typing import Any

import pytest

from baremetal.cli import screen, stream

AT = "2026-01-01T00:00:05+00:00"
PROGRESS: dict[str, Any] = {
    "flow": "f", "verb": "deploy", "phase": "writing the image", "step": "deploy.write_image", "percent": 42.4,
    "steps_done": 1, "steps_total": 5, "bytes": None, "total": None, "bytes_per_second": None,
    "elapsed_seconds": 61.0, "estimate_seconds": None, "expected": None, "last_sign_at": AT, "silent_seconds": 1.0}
STEP = {"state": "done", "duration_seconds": 8.12, "error": None, "finished_at": AT, "interface": "deploy",
        "step": "write"}
NODE = {"provision_state": "deploy failed", "last_error": "no room"}
END = {**NODE, "verb": "deploy", "state": "failed", "error": "no room", "duration_seconds": 3700.0}


def show(encoding: str = "utf-8") -> screen.Show:
    return screen.Show("web-1", screen.Signs.of(encoding), state="deploying")


@pytest.mark.parametrize(("name", "data", "lines"), [
    ("step", STEP, ["TIME  deploy.write done (8.1 s)"]),
    ("step", {**STEP, "state": "failed", "error": "a\x1b[31m\nb"}, ["TIME  deploy.write failed (8.1 s): a [31m b"]),
    ("step", {**STEP, "state": "started"}, []),
    ("milestone", {"name": "kernel fetched", "at": AT, "seconds": 12.3, "facts": {}}, ["TIME  kernel fetched (+12 s)"]),
    ("milestone", {"name": "agent begins", "at": AT, "seconds": 2, "facts": {"command": "x"}},
     ["TIME  agent begins x (+2.0 s)"]),
    ("milestone", {"name": "image being sent", "at": AT, "seconds": 2, "facts": {"bytes": 1}}, []),
    ("state", {"provision_state": "active"}, ["deploying → active"]),
    ("state", {"provision_state": "deploying"}, []),
    ("power", {"power_state": None}, ["power unknown"]),
    ("power", {"power_state": "power on"}, ["power on"]),
    ("end", END, ["deploy failed after 1 h 01 min: deploy failed", "no room",
                  "When the cause is gone: baremetal node deploy web-1, or baremetal node undeploy web-1"]),
    ("from the future", {}, []),
])
def test_lines(name: str, data: dict[str, Any], lines: list[str]) -> None:
    found = show().lines(stream.Event(name, data), 0.0)
    assert [re.sub(r"^\d\d:\d\d:\d\d", "TIME", line) for line in found] == lines


@pytest.mark.parametrize(("columns", "encoding", "changes", "bar"), [
    (200, "utf-8", {}, "web-1 [████████░░░░░░░░░░░░]  42 %  deploy: writing the image  for 1 min 03 s"),
    (200, "ascii", {"bytes": 1_500_000_000, "total": 3_000_000_000, "bytes_per_second": 85e6, "estimate_seconds": 20.0},
     "web-1 [########............]  42 %  deploy: writing the image  1.5 GB of 3.0 GB at 85.0 MB/s  18 s left"),
    (200, "ascii", {"silent_seconds": 30.0},
     "web-1 [########............]  42 %  deploy: writing the image  for 1 min 03 s  nothing seen for 32 s"),
    (80, "ascii", {"bytes": 10}, "web-1 [########............]  42 %  deploy: writing the image  for 1 min 03 s"),
    (80, "ascii", {"silent_seconds": 30.0},
     "web-1 [########............]  42 %  deploy: writing the image"),
    (40, "ascii", {}, "web-1 [########............]  42 %  depl"),
    (10, "ascii", {}, "web-1 [###"),
])
def test_bar_fits(columns: int, encoding: str, changes: dict[str, Any], bar: str) -> None:
    made = show(encoding)
    made.lines(stream.Event("progress", {**PROGRESS, **changes}), 10.0)
    assert made.bar(columns, 12.0) == bar


def test_a_plan_that_grows_does_not_take_the_bar_back() -> None:
    made = show()
    for flow, percent, wanted in (("f", 40.0, 40.0), ("f", 20.0, 40.0), ("g", 5.0, 5.0)):
        made.lines(stream.Event("progress", {**PROGRESS, "flow": flow, "percent": percent}), 0.0)
        assert made.highest == wanted


def test_a_lost_connection_is_told_once() -> None:
    made, lost = show(), stream.Event(stream.LOST, {"why": "gone"})
    assert [made.lines(lost, 0.0), made.lines(lost, 0.0), made.lines(stream.Event(stream.BACK, {}), 0.0)] == [
        ["no connection (gone); trying again"], [], ["connected again"]]


def test_stream_is_parsed() -> None:
    lines = [b"retry: 1\n", b"\n", b": still here\n", b"\n", b"id: 7\n", b"event: power\n", b'data: {"a": 1}\n', b"\n",
             b"event: x\n", b"data: [1]\n", b"\n", b"event: cut\n", b"data: {}\n"]
    assert list(stream.parse(lines)) == [stream.Event("power", {"a": 1}, "7")]
