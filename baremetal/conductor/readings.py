"""What a server's hardware says of itself is read and kept, where the API finds it: BIOS settings, firmware.

Read when a node comes under control, when it is cleaned or serviced, and after each step that may have changed it.
That it could not be read fails nothing; the node's history says so.
"""

import collections.abc
import contextlib
import functools
import logging
import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.conductor import ending, lines, task
from baremetal.db import bios, firmware

LOG = logging.getLogger(__name__)

Read = collections.abc.Callable[[task.Task], list[dict[str, typing.Any]]]
Store = collections.abc.Callable[..., None]

#: kind of interface: what it is asked, and where that is kept
KEPT: dict[str, tuple[Read, Store]] = {
    "bios": (lambda held: held.bios.read(held), bios.store),
    "firmware": (lambda held: held.firmware.components(held), firmware.store),
}
#: columns of a node, and methods of its management, that say how it boots
BOOT = ("boot_mode", "secure_boot")
#: interface of a step: the kinds that it may have changed
CHANGES = {"bios": ("bios",), "firmware": ("firmware", "bios")}
#: steps of the verbs' own frames at whose end everything is read
OCCASIONS = (("deploy", "prepare_cleaning"), ("deploy", "prepare_service"), ("inspect", "inspect"))


def after(line: lines.Line) -> tuple[str, ...]:
    """Return the kinds to read when the step of a line has ended."""
    if (line.step.interface, line.step.step) in OCCASIONS:
        return tuple(KEPT)
    return CHANGES.get(line.step.interface, ())


def renew(held: task.Task, kinds: collections.abc.Iterable[str] = tuple(KEPT)) -> None:
    """Read these kinds; what was read is written with the next ``save``. Blocks, may be repeated."""
    for kind in kinds:
        what = f"Reading the node's {kind}"
        trouble = ending.attempt(held, what, functools.partial(_renew, held, kind))
        if trouble:
            LOG.warning("Node %s: %s", held.node.uuid, trouble)
            held.note("monitoring", f"{trouble}.", bad=True)


def boot(held: task.Task) -> None:
    """Take boot mode and secure boot as the controller has them now, where it can tell."""
    for name in BOOT:
        trouble = ending.attempt(held, f"Reading the node's {name}", functools.partial(_boot, held, name))
        if trouble:
            LOG.warning("Node %s: %s", held.node.uuid, trouble)
            held.note("monitoring", f"{trouble}.", bad=True)


def _boot(held: task.Task, name: str) -> None:
    with contextlib.suppress(errors.Unsupported):
        setattr(held.node, name, getattr(held.management, name)(held))


def _renew(held: task.Task, kind: str) -> None:
    read, store = KEPT[kind]
    try:
        found = read(held)
    except errors.Unsupported:
        # the node has none
        found = []
    node_id, now = held.node.id, held.means.clock.now()

    def write(connection: sa.Connection) -> None:
        store(connection, node_id, found, now)
    held.draft.writes.append(write)
