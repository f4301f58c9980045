"""What is told to the world of a node that a worker has written: its moves, its power, its maintenance."""

import typing

from baremetal.notify import happening

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
