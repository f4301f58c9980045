"""Whose an object is, and what follows: 404 for what a caller may not see, 403 for what it may see and not do, and
lists that show a project only what is its own. The rules themselves stand in ``policy/rules.py``.
"""

import dataclasses
import functools
import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import expose, holdings, policy
from baremetal.db import collection, models

NODES = models.NODES
#: a project, and its nodes
TENANT, MINE = holdings.TENANT, holdings.MINE
#: what a node must have read for ``judge``
TENANTS = ("owner", "lessee")
#: rule: the one that allows the same for nodes of one's own project, where the conf lets projects do so
SELF_SERVICE = {"node:create": "node:create:self_owned_node", "node:delete": "node:delete:self_owned_node"}


@dataclasses.dataclass(frozen=True)
class Owned:
    """One object as far as policy looks at it; ports, volumes and the like are their node's."""

    #: noun and name for the fault: "Node", "rack-7"
    what: str
    ident: str
    owner: str | None = None
    lessee: str | None = None
    #: the rule by which it is seen at all
    seen_by: str = "node:get"

    def target(self, of: str) -> policy.enforcer.Target:
        """Return it as oslo.policy sees it: ``of`` is the noun that a rule looks at."""
        return {f"{of}.owner": self.owner, f"{of}.lessee": self.lessee}


def enter(call: expose.Call, rule: str) -> None:
    """Judge the rule that a handler declares, where the caller alone decides; else the handler must, see ``leave``."""
    call.rule = rule
    call.judged = rule == policy.PUBLIC or policy.rules.RULES[rule].of == ""
    if call.judged and rule != policy.PUBLIC:
        call.may(rule)


def leave(call: expose.Call) -> None:
    """Raise unless the declared rule was judged: an answer that nobody was asked about leaves no house."""
    if not call.judged:
        raise RuntimeError(f"the handler of {call.request.path} has not judged {call.rule}")


def judge(call: expose.Call, rule: str, owned: Owned) -> None:
    """Raise ``NotFound`` when the caller may not even see it, ``Forbidden`` when it may not do ``rule`` to it."""
    call.judged = True
    if rule == call.rule and policy.rules.RULES[rule].of == "":
        # the caller alone decides, and was judged when it came: agents see no node, and call back all the same
        return
    if not permits(call, owned.seen_by, owned):
        raise errors.NotFound(what=owned.what, ident=owned.ident)
    if not permits(call, rule, owned):
        call.may(rule, owned.target(policy.rules.RULES[rule].of))


def permits(call: expose.Call, rule: str, owned: Owned) -> bool:
    """Return whether the caller may do ``rule`` to it, under this rule or as a project that helps itself."""
    target = owned.target(policy.rules.RULES[rule].of)
    if call.house.enforcer.allows(rule, call.context, target):
        return True
    own = SELF_SERVICE.get(rule)
    return (own is not None and call.house.conf.api.project_admin_can_manage_own_nodes
            and owned.owner is not None and owned.owner == call.context.project
            and call.house.enforcer.allows(own, call.context, target))


def enrols(call: expose.Call, owner: str | None) -> str | None:
    """Return the owner that a new node shall have; a project that may enrol only what it owns owns it.

    Raises ``Forbidden`` for who may not enrol at all, and for a project that names another owner.
    """
    call.judged = True
    enforcer, ctx = call.house.enforcer, call.context
    if enforcer.allows(call.rule, ctx):
        return owner
    own = ctx.project
    if not call.house.conf.api.project_admin_can_manage_own_nodes or own is None:
        call.may(call.rule)
    call.may(SELF_SERVICE[call.rule])
    if owner not in (None, own):
        raise errors.Forbidden(why=f"Project {own} may enrol nodes of its own only, not those of project {owner}.")
    return own


def project(call: expose.Call, everything: str, *asked: str | None) -> str | None:
    """Return the project whose objects a list is limited to; None for callers that ``everything`` lets list all.

    ``asked`` are projects that the caller filters by; other ones than its own raise ``Forbidden``.
    """
    call.judged = True
    if call.house.enforcer.allows(everything, call.context):
        return None
    # a list beside a node is judged by the rule for lists, too
    call.may(call.rule if policy.rules.RULES[call.rule].of == "list" else everything.removesuffix("_all"))
    own = call.context.project
    if own is None:
        call.may(everything)
    for other in asked:
        if other is not None and other != own:
            raise errors.Forbidden(why=f"Project {own} may list what is its own only, not what project {other} has.")
    call.tenant = own
    return own


def fenced(call: expose.Call, where: list[collection.Where]) -> list[collection.Where]:
    """Return the conditions, noted as those that the call's list is limited to by who asks: markers are, too."""
    call.fence = tuple(where)
    return where


def tenancy(limited: str | None) -> list[collection.Where]:
    """Return the condition on a few nodes that ``project`` makes; it is executed with what is ``given``."""
    return [] if limited is None else [MINE]


def listed_tenancy(call: expose.Call, node_id: sa.ColumnElement[int], limited: str | None) -> list[collection.Where]:
    """Return the same condition for a list of nodes, or of what nodes have, by the column that names the node."""
    if limited is None:
        return []
    if not call.house.holdings.many(limited):
        return [_gathered(node_id)]
    return [MINE if node_id.table is NODES else _walked(node_id)]


def given(limited: str | None) -> dict[str, typing.Any]:
    """Return the value for the conditions that ``project`` makes."""
    return {} if limited is None else {TENANT.key: limited}


@functools.cache
def _gathered(node_id: sa.ColumnElement[int]) -> collection.Where:
    """Return the condition that makes databases begin with the nodes of a project, which are few."""
    return _text(f"{node_id} IN (SELECT mine.id FROM {NODES.name} mine WHERE mine.owner = :{TENANT.key} "
                 f"OR mine.lessee = :{TENANT.key})")


@functools.cache
def _walked(node_id: sa.ColumnElement[int]) -> collection.Where:
    """Return the condition that is looked at row by row, in the order of the list, until its page is full.

    With ``=`` in place of BETWEEN, MariaDB would gather all nodes first, and SQLite read them whole instead of looking
    into the index of the column.
    """
    looks = [f"EXISTS (SELECT 1 FROM {NODES.name} WHERE {tenant} = :{TENANT.key} "
             f"AND {NODES.c.id} BETWEEN {node_id} AND {node_id})" for tenant in (NODES.c.owner, NODES.c.lessee)]
    return _text(f"({' OR '.join(looks)})")


def _text(condition: str) -> collection.Where:
    """Return a condition of names of ours as text: composing it anew costs a short list a tenth of its time."""
    return typing.cast(collection.Where, sa.text(condition).bindparams(TENANT))
