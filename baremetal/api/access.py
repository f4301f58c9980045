"""Whose an object is, and what follows: 404 for what a caller may not see, 403 for what it may see and not do, and
lists that show a project only what is its own. The rules themselves stand in ``policy.py``.
"""

import dataclasses

from baremetal import errors
from baremetal.api import expose


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

    def target(self) -> dict[str, str | None]:
        """Return it as oslo.policy sees it."""
        return {"node.owner": self.owner, "node.lessee": self.lessee}


def judge(call: expose.Call, rule: str, owned: Owned) -> None:
    """Raise ``Forbidden`` unless the caller may do ``rule`` to it, ``NotFound`` when it may not even see it."""
    enforcer, ctx, target = call.house.enforcer, call.context, owned.target()
    if enforcer.allows(rule, ctx, target):
        return
    if not enforcer.allows(owned.seen_by, ctx, target):
        raise errors.NotFound(what=owned.what, ident=owned.ident)
    call.may(rule, target)


def project(call: expose.Call, everything: str) -> str | None:
    """Return the project whose objects a list is limited to; None for callers that ``everything`` lets list all."""
    if call.house.enforcer.allows(everything, call.context, {}):
        return None
    return call.context.project or ""
