"""What is told to the world of a node that a worker has written: its moves, its power, its maintenance."""

import collections.abc
import contextlib
import typing

from baremetal import states
from baremetal.conductor import draft
from baremetal.db import engine, noticed
from baremetal.notify import bus, happening

#: what notifications are of, beside moves: power and console that are switched, power that was not as recorded, and a
#: console that is opened again
POWER_SET, POWER_CORRECTED = "power_set", "power_state_corrected"
CONSOLE_SET, CONSOLE_RESTORE = "console_set", "console_restore"

#: columns of which one has changed: what has happened; the first that fits names it
# fmt: off
ACTIONS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"provision_state", "target_provision_state"}), happening.PROVISION),
    (frozenset({"maintenance", "fault"}),                      happening.MAINTENANCE),
    (frozenset({"power_state", "target_power_state"}),         happening.POWER),
    (frozenset({"console_enabled"}),                           happening.CONSOLE),
    (frozenset({"properties", "driver_internal_info", "resource_class", "health", "boot_mode", "secure_boot",
                "raid_config", "target_raid_config", "instance_uuid", "allocation_uuid", "last_error"}),
     happening.UPDATE),
)
# fmt: on


def tell(held: typing.Any, written: dict[str, typing.Any]) -> None:
    """Tell of a saved node whose columns ``written`` have changed, if anybody could want to know of them."""
    action = next((action for columns, action in ACTIONS if not columns.isdisjoint(written)), None)
    if action is None:
        return
    known = vars(held.node)
    held.means.outbox.tell(happening.Happening(
        "node", action, held.node.uuid, held.means.clock.now(), known.get("name"), held.node.uuid, known.get("owner"),
        known.get("lessee"), held.ctx.request_id, held.ctx.user, happening.facts(known)))


def notify(held: typing.Any, written: draft.Draft) -> None:
    """Send notifications of what a worker has written: its moves, and what it noted."""
    if held.means.bus.on:
        _send(held, [*_moved(held, written.moves), *written.notices])


@contextlib.contextmanager
def around(held: typing.Any, which: str, facts: dict[str, typing.Any]) -> collections.abc.Iterator[None]:
    """Send ``start``, then ``error`` of what the block raises, or ``end`` with the next ``save``."""
    if not held.means.bus.on:
        yield
        return
    _send(held, [(which, bus.START, facts)])
    try:
        yield
    except Exception:
        _send(held, [(which, bus.ERROR, facts)])
        raise
    held.draft.notices.append((which, bus.END, facts))


Notice = tuple[str, str, dict[str, typing.Any]]


def _send(held: typing.Any, notices: list[Notice]) -> None:
    values = _shown(held) if notices else {}
    for which, status, facts in notices:
        held.means.bus.send(f"node.{which}", status, {**values, **facts}, held.ctx)


def _moved(held: typing.Any, moves: list[tuple[str, str, str | None]]) -> list[Notice]:
    """Return what is sent of moves: a node leaves a stable state, comes to one, fails, or gets on."""
    found = []
    for number, (event, was, target) in enumerate(moves):
        now = moves[number + 1][1] if number + 1 < len(moves) else held.node.provision_state
        status = bus.ERROR if event == "fail" else _STATUS.get((_moving(was), _moving(now)), bus.SUCCESS)
        found.append(("provision_set", status, {
            "event": event, "previous_provision_state": was, "previous_target_provision_state": target,
            "provision_state": now}))
    return found


def _moving(state: str) -> bool:
    return states.kind(state) in (states.MOVING, states.WAITING)


#: whether it was on its way, whether it is now: status
_STATUS = {(False, True): bus.START, (True, False): bus.END}


def _shown(held: typing.Any) -> dict[str, typing.Any]:
    """Return the node as it is stored, which is without secrets and whole; while the database is away, as it is known.

    Sweeps hold nodes of which they have read a part.
    """
    with contextlib.suppress(*engine.TROUBLE), held.means.database.read() as connection:
        found = noticed.find(connection, "node", held.node.uuid)
        if found is not None:
            return found
    return {name: value for name, value in vars(held.node).items() if not name.startswith("_")}
