"""An agent that is up, and tasks for a node it runs on."""

import typing
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from baremetal.drivers import interface, task, wires
from tests.contract import booting
from tests.unit.clients.agent import server

Make = Callable[..., task.Task]


@pytest.fixture
def far() -> Iterator[server.Agent]:
    """An agent that is up, and whose long commands run until a test ends them."""
    with server.Agent() as started:
        for name in ("standby.prepare_image", "image.install_bootloader", "deploy.execute_deploy_step",
                     "clean.execute_clean_step"):
            started.answers[name] = "RUNNING"
        yield started


@pytest.fixture
def make(tmp_path: Path, far: server.Agent) -> Iterator[Make]:
    """Makes tasks; ``options`` are those of the conductor, ``up`` says whether the agent has called."""
    opened: list[wires.Wires] = []

    def made(*tried: interface.Interface, up: bool = True, options: dict[str, typing.Any] | None = None,
             **columns: typing.Any) -> task.Task:
        conf = booting.conf(tmp_path, **{"agent__command_timeout": 30, **(options or {})})
        opened.append(wires.Wires(conf))
        return booting.task_for(conf, opened[-1], *tried, far=far if up else None, **columns)
    yield made
    for one in opened:
        one.close()
