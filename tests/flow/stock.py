"""What operators have prepared for the house: deploy templates, runbooks, inspection rules; as the API stores them."""

import uuid
from typing import Any

import sqlalchemy as sa

from baremetal.db import inspection_rules, models, record, stepped, traits
from tests.flow import house as building


def step(name: str, interface: str = "bios", **more: Any) -> dict[str, Any]:
    """A step; ``priority`` or ``order`` come in ``more``."""
    return {"interface": interface, "step": name, "args": more.pop("args", {}), **more}


def template(house: building.House, name: str, *steps: dict[str, Any]) -> None:
    """Prepare a deploy template."""
    _stepped(house, models.DEPLOY_TEMPLATES, name, steps)


def runbook(house: building.House, name: str, *steps: dict[str, Any], traits: tuple[str, ...] = (), **more: Any) -> str:
    """Prepare a runbook; return its UUID."""
    ident = _stepped(house, models.RUNBOOKS, name, steps, **more)
    with house.database.write() as connection:
        row = stepped.one(connection, models.RUNBOOKS, "uuid", ident)
        assert row is not None
        stepped.replace_traits(connection, row.id, list(traits))
    return ident


def rule(house: building.House, *actions: dict[str, Any], **more: Any) -> str:
    """Prepare an inspection rule; return its UUID."""
    ident = str(uuid.uuid4())
    with house.database.write() as connection:
        inspection_rules.add(connection, {
            "uuid": ident, "created_at": house.clock.now(), "phase": "main", "priority": 0, "sensitive": False,
            "conditions": record.dump(more.pop("conditions", [])), "actions": record.dump(list(actions)), **more})
    return ident


def empty(house: building.House, table: sa.Table) -> None:
    """Throw all of a kind away."""
    with house.database.write() as connection:
        connection.execute(sa.delete(table))


def has(house: building.House, ident: str, *names: str) -> None:
    """Give a node these traits."""
    with house.database.write() as connection:
        traits.replace(connection, house.node(ident).id, list(names), house.clock.now())


def _stepped(house: building.House, table: sa.Table, name: str, steps: tuple[dict[str, Any], ...], **more: Any) -> str:
    ident = str(uuid.uuid4())
    shown, hidden = stepped.split(list(steps))
    with house.database.write() as connection:
        stepped.add(connection, table, {"uuid": ident, "name": name, "created_at": house.clock.now(), "steps": shown,
                                        "steps_secrets": hidden, **more})
    return ident
