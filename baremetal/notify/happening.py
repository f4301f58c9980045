"""One thing that has happened, as it is told. Words only: who hears of it is not known here."""

import collections.abc
import dataclasses
import datetime
import typing

#: action on anything that the API keeps
CREATE, UPDATE, DELETE = "create", "update", "delete"
#: actions on nodes
PROVISION, POWER, MAINTENANCE, CONSOLE = "provision", "power", "maintenance", "console"
ACTIONS = (CREATE, UPDATE, DELETE, PROVISION, POWER, MAINTENANCE, CONSOLE)
#: nouns of the API of which something is told
KINDS = ("allocation", "chassis", "deploy_template", "inspection_rule", "node", "port", "portgroup", "runbook",
         "volumeconnector", "volumetarget")
#: fields of a node that are told with whatever happens to it
TOLD = ("provision_state", "target_provision_state", "power_state", "target_power_state", "maintenance", "fault",
        "last_error", "console_enabled", "instance_uuid", "resource_class")


def facts(node: collections.abc.Mapping[str, typing.Any]) -> dict[str, typing.Any]:
    """Return what is told of a node whose columns are these."""
    return {name: node[name] for name in TOLD if name in node}


@dataclasses.dataclass(frozen=True)
class Happening:
    """Something that has happened to an object. Facts are plain JSON, without secrets."""

    #: noun of the API: node, port, portgroup, chassis, allocation …
    kind: str
    action: str
    uuid: str
    at: datetime.datetime
    name: str | None = None
    #: the node that it belongs to
    node_uuid: str | None = None
    #: projects that may hear of it
    owner: str | None = None
    lessee: str | None = None
    request_id: str | None = None
    user: str | None = None
    facts: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
