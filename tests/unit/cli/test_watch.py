"""The command as people run it, in a terminal and in a pipe, against a real server."""

import json
import os
import pathlib
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal import milestones as names
from baremetal.cmd import web
from tests.unit.api.served import Served


@pytest.fixture
def served(tmp_path: pathlib.Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    made.stop()
    made.close()


class Watching:
    """One run of the command; what it writes is collected."""

    def __init__(self, served: Served, *words: str, terminal: bool = False, **environment: str) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        env = {**ours, "OS_ENDPOINT": served.url(""), "OS_AUTH_TYPE": "none", "PYTHONIOENCODING": "utf-8",
               **environment}
        reading, writing = pty.openpty() if terminal else os.pipe()
        self.process = subprocess.Popen([sys.executable, "-m", "baremetal.cli.watch", *words], env=env,
                                        stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        self.text, self._came = "", threading.Condition()
        self._reader = threading.Thread(target=self._read, args=(reading,), daemon=True)
        self._reader.start()

    def _read(self, source: int) -> None:
        while True:
            try:
                found = os.read(source, 65536)
            except OSError:     # a terminal whose other end is closed
                found = b""
            if not found:
                os.close(source)
                return
            with self._came:
                self.text += found.decode()
                self._came.notify_all()

    def until(self, words: str) -> None:
        with self._came:
            assert self._came.wait_for(lambda: words in self.text, 120), self.text

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit status and what was said of faults."""
        _, said = self.process.communicate(timeout=120)
        self._reader.join(60)
        return self.process.returncode, said.decode()


def deploy(served: Served) -> None:
    served.begin()
    served.step(0, "started")


def finish(served: Served) -> None:
    served.step(0, "done")
    served.end()


def test_in_a_terminal_a_bar_is_drawn_and_drawn_again(served: Served) -> None:
    deploy(served)
    watching = Watching(served, "--until-done", "web-1", terminal=True, COLUMNS="90")
    watching.until("preparing the boot")
    served.saw(names.POWER_ON)
    watching.until("waiting for DHCP")
    finish(served)
    assert watching.end() == (0, "")
    assert "█" in watching.text and "\x1b[1F\x1b[J" in watching.text and "deploy.deploy done" in watching.text
    assert "deploy done after" in watching.text.splitlines()[-1] and names.POWER_ON in watching.text


def test_in_a_pipe_there_are_only_lines_and_failure_is_the_exit_status(served: Served) -> None:
    deploy(served)
    watching = Watching(served, "--until-done", "web-1", LC_ALL="C", PYTHONIOENCODING="ascii")
    watching.until("preparing the boot")
    served.end("failed")
    assert watching.end() == (1, "")
    assert "\x1b" not in watching.text and watching.text.isascii() and "deploy failed after" in watching.text


def test_connection_comes_back_and_nothing_is_lost(served: Served) -> None:
    deploy(served)
    watching = Watching(served, "--json", "--until-done", "web-1")
    watching.until("snapshot")
    served.stop()
    served.saw(names.POWER_ON)
    again = web.Web(served.conf, served.application)
    again.start()
    served.server = again
    watching.until(names.POWER_ON)
    finish(served)
    assert watching.end() == (0, "")
    told = [json.loads(line) for line in watching.text.splitlines()]
    kinds = [event["event"] for event in told if event["event"] != "progress"]
    # the step may be seen done before the flow has ended
    assert kinds[:2] == ["snapshot", "milestone"] and sorted(kinds[2:]) == ["end", "state", "step"]
    assert kinds[-1] == "end"


@pytest.mark.parametrize(("words", "environment", "status", "says"), [
    (("web-1",), {}, 0, ""),
    (("nobody",), {}, 2, "Node nobody was not found"),
    (("web-1",), {"OS_ENDPOINT": "http://127.0.0.1:1"}, 2, "does not answer: Connection refused"),
    (("web-1",), {"OS_AUTH_TYPE": "http_basic"}, 2, "OS_USERNAME"),
    ((), {}, 2, "NODE"),
    (("--password", "x", "web-1"), {}, 2, "unrecognized arguments"),
])
def test_exit_status(served: Served, words: tuple[str, ...], environment: dict[str, Any], status: int,
                     says: str) -> None:
    found, said = Watching(served, "--until-done", *words, **environment).end()
    assert found == status and says in said, said


def test_several_nodes_have_a_bar_each(served: Served) -> None:
    served.make("/v1/nodes", {"driver": "fake-hardware", "name": "web-2"})
    deploy(served)
    watching = Watching(served, "--until-done", "web-1", "web-2", terminal=True)
    watching.until("web-2: nothing was done with it yet")
    watching.until("preparing the boot")
    finish(served)
    assert watching.end() == (0, "") and "web-1: deploy done after" in watching.text
