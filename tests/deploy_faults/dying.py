"""``baremetal-conductor`` whose workers stop at named points of a flow, so that it can be killed exactly there.

What works is the real program; only where a point is named for a node does its worker wait for the end. A point is
``node.step.moment`` as a file in the folder that the environment names; that it was reached is a file beside it.
Moments: ``begun`` (written down, nothing done), ``done`` (done, not written down), ``resumed`` (called back, nothing
done about it), ``ended`` (all done, not written down).
"""

import functools
import os
import pathlib
import time
import typing

from baremetal.cmd import conductor
from baremetal.conductor import flow, lines

FOLDER = "BAREMETAL_TEST_POINTS"


def stop_at(name: str, step: str, moment: str) -> None:
    """Wait for the end where this point is named."""
    folder = pathlib.Path(os.environ[FOLDER])
    point = f"{name}.{step}.{moment}"
    if (folder / point).exists():
        (folder / f"{point}.reached").touch()
        time.sleep(3600)


def stopping(perform: typing.Callable[..., typing.Any]) -> typing.Callable[..., typing.Any]:
    """Return the engine's way to run a line, with points before and after it."""
    @functools.wraps(perform)
    def run(held: typing.Any, work: typing.Any, line: lines.Line) -> typing.Any:
        before, after = ("resumed", "ended") if line.state == lines.WAITING else ("begun", "done")
        stop_at(held.node.name, line.step.step, before)
        answer = perform(held, work, line)
        stop_at(held.node.name, line.step.step, after)
        return answer
    return run


if __name__ == "__main__":
    flow._perform = stopping(flow._perform)
    conductor.main()
