"""Finding the node that a request names: one SELECT of just the columns that the handler needs."""

from baremetal import errors
from baremetal.api import expose
from baremetal.api.nodes import lists
from baremetal.db import nodes

#: what decides which conductor drives a node
DRIVEN_BY = ("uuid", "driver", "conductor_group")


def one(call: expose.Call, name: str, *columns: str) -> nodes.Row:
    """Return the node that ``name`` names, with these columns; raises ``NotFound``."""
    key = lists.ident(call, name)
    with call.house.database.read() as connection:
        found = nodes.find(connection, key, name, columns)
    if found is None:
        raise errors.NotFound(what="Node", ident=name)
    return found


def host(call: expose.Call, found: nodes.Row) -> str:
    """Return the conductor that drives a node found with ``DRIVEN_BY``; raises ``NoConductor``."""
    return str(call.house.members.rings().host(found.uuid, found.driver, found.conductor_group))
