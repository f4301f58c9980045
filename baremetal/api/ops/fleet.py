"""``GET /ops/v1/fleet``: how many nodes are in which state, power, fault, and with which conductor."""

import collections
import typing

import sqlalchemy as sa

from baremetal.api import expose
from baremetal.api.ops import answers
from baremetal.api.ops.answers import Document, Key
from baremetal.db import fleet
from baremetal.rpc import ring

UNKNOWN = "unknown"

# fmt: off
FLEET = Document({
    "total":             Key(answers.NUMBER, "All nodes."),
    "provision_state":   Key(answers.Counts(), "Nodes by provision state."),
    "power_state":       Key(answers.Counts(), f"Nodes by power as last seen; '{UNKNOWN}' where it is not known."),
    "fault":             Key(answers.Counts(), "Nodes in maintenance by the fault that put them there."),
    "driver":            Key(answers.Counts(), "Nodes by hardware type."),
    "conductor":         Key(answers.Counts(), "Nodes by the conductor that drives them now."),
    "without_conductor": Key(answers.NUMBER, "Nodes that no live conductor can drive."),
    "maintenance":       Key(answers.NUMBER, "Nodes in maintenance."),
    "held":              Key(answers.NUMBER, "Nodes that a conductor works on at this moment."),
})
# fmt: on
#: what is counted by the value of a column
COLUMNS = ("provision_state", "power_state", "fault", "driver")


@expose.handler("ops:fleet", answer=answers.schema(FLEET))
def show(call: expose.Call) -> dict[str, typing.Any]:
    """Count the fleet by state, power, fault, driver and conductor."""
    rings = call.house.members.rings()
    with call.house.database.read() as connection:
        rows = fleet.counts(connection, call.house.clock.now())
        conductors = _conductors(connection, rings, rows)
    counted: dict[str, collections.Counter[str]] = {column: collections.Counter() for column in COLUMNS}
    for row in rows:
        for column, counter in counted.items():
            counter[row._mapping[column] or UNKNOWN] += row.nodes
    del counted["fault"][UNKNOWN]
    without = conductors.pop(None, 0)
    return {
        "total": sum(row.nodes for row in rows), **counted, "conductor": conductors, "without_conductor": without,
        "maintenance": sum(row.nodes for row in rows if row.maintenance), "held": sum(int(row.held) for row in rows),
    }


def _conductors(connection: sa.Connection, rings: ring.Rings,
                rows: typing.Iterable[sa.Row[typing.Any]]) -> dict[str | None, int]:
    """Return how many nodes each conductor drives; only where several share them must each node be looked at."""
    found: collections.Counter[str | None] = collections.Counter()
    shared: set[tuple[str, str]] = set()
    for row in rows:
        hosts = [member.host for member in rings.members
                 if member.group == row.conductor_group and row.driver in member.drivers]
        if len(hosts) > 1:
            shared.add((row.driver, row.conductor_group))
        else:
            found[hosts[0] if hosts else None] += row.nodes
    if shared:
        for place in fleet.places(connection, sorted({driver for driver, _group in shared})):
            if (place.driver, place.conductor_group) in shared:
                found[rings.find(place.uuid, place.driver, place.conductor_group)] += 1
    return dict(found)
