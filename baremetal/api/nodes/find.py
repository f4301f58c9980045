"""Finding the node that a request names: one SELECT of just the columns that the handler needs, and the question
whether the caller may see it and do to it what the handler declares.
"""

from baremetal import errors
from baremetal.api import access, expose, policy
from baremetal.api.nodes import lists
from baremetal.db import nodes

#: what decides which conductor drives a node
DRIVEN_BY = ("uuid", "driver", "conductor_group")


def one(call: expose.Call, name: str, *columns: str, rule: str | None = None) -> nodes.Row:
    """Return the node that ``name`` names, with these columns (without any, with all), its owner and its lessee.

    Raises ``NotFound``, also for a node that the caller may not see, and ``Forbidden`` when it may not do what the
    handler declares, or ``rule`` where the rule hangs on the request.
    """
    key = lists.ident(call, name)
    if columns:
        columns = (*columns, *[tenant for tenant in access.TENANTS if tenant not in columns])
    with call.house.database.read() as connection:
        found = nodes.find(connection, key, name, columns)
    if found is None:
        raise errors.NotFound(what="Node", ident=name)
    wanted = rule or call.rule
    if policy.rules.RULES[wanted].of != "":
        # under a node, lists of what belongs to it are seen by whoever sees the node
        access.judge(call, wanted if policy.rules.RULES[wanted].of == "node" else "node:get", owned(name, found))
    return found


def owned(name: str, found: nodes.Row) -> access.Owned:
    """Return a node as far as policy looks at it."""
    return access.Owned("Node", name, found.owner, found.lessee)


def host(call: expose.Call, found: nodes.Row) -> str:
    """Return the conductor that drives a node found with ``DRIVEN_BY``; raises ``NoConductor``."""
    return str(call.house.members.rings().host(found.uuid, found.driver, found.conductor_group))
