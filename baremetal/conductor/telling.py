"""What is told to the world of a node that a worker has written: its moves, its power, its maintenance."""

import typing

from baremetal import states
from baremetal.db import record
from baremetal.notify import bus, happening

#: columns of which one has changed: what has happened; the first that fits names it
# fmt: off
ACTIONS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"provision_state", "target_provision_state"}), happening.PROVISION),
    (frozenset({"maintenance", "fault"}),                      happening.MAINTENANCE),
    (frozenset({"power_state", "target_power_state"}),         happening.POWER),
    (frozenset({"console_enabled"}),                           happening.CONSOLE),
    (frozenset({"properties", "driver_internal_info", "resource_class", "health", "boot_mode", "secure_boot",
                "raid_config", "instance_uuid", "allocation_uuid", "last_error"}), happening.UPDATE),
)
# fmt: on
#: columns that are told with each of them
TOLD = ("provision_state", "target_provision_state", "power_state", "target_power_state", "maintenance", "fault",
        "last_error", "console_enabled", "instance_uuid", "resource_class")


def tell(held: typing.Any, written: dict[str, typing.Any]) -> None:
    """Tell of a saved node whose columns ``written`` have changed, if anybody could want to know of them."""
    action = next((action for columns, action in ACTIONS if not columns.isdisjoint(written)), None)
    if action is None:
        return
    known = vars(held.node)
    held.means.outbox.tell(happening.Happening(
        "node", action, held.node.uuid, held.means.clock.now(), known.get("name"), held.node.uuid, known.get("owner"),
        known.get("lessee"), held.ctx.request_id, held.ctx.user, {name: known[name] for name in TOLD if name in known}))


def notify(held: typing.Any, was: dict[str, typing.Any], moves: list[tuple[str, str, str | None]]) -> None:
    """Send notifications of what a worker has written: moves, and changes of power and console. ``was`` is before."""
    if not held.means.bus.on:
        return
    values = None
    for which, status, facts in [*_moved(held, moves), *_switched(held, was)]:
        values = values or _shown(held)
        held.means.bus.send(f"node.{which}", status, {**values, **facts}, held.ctx)


Notice = tuple[str, str, dict[str, typing.Any]]


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


def _switched(held: typing.Any, was: dict[str, typing.Any]) -> list[Notice]:
    """Return what is sent of power and console."""
    now, found = vars(held.node), []
    before, target = was.get("target_power_state"), now.get("target_power_state")
    if before != target and target is not None:
        found.append(("power_set", bus.START, {"to_power": target}))
    elif before != target:
        reached = bus.END if now.get("power_state") == before else bus.ERROR
        found.append(("power_set", reached, {"to_power": before}))
    elif target is None and was.get("power_state") not in (None, now.get("power_state")):
        found.append(("power_state_corrected", bus.SUCCESS, {"from_power": was.get("power_state")}))
    if "console_enabled" in was and bool(was["console_enabled"]) != bool(now.get("console_enabled")):
        found.append(("console_set", bus.END, {}))
    return found


def _shown(held: typing.Any) -> dict[str, typing.Any]:
    """Return the node's columns without secrets."""
    return {name: record.mask(value) if isinstance(value, dict) else value
            for name, value in vars(held.node).items() if not name.startswith("_")}
