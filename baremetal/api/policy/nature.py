"""What the answers of a set of rules hang on: how long one is good, and for which objects it is the same.

It reads the rules as oslo.policy has parsed them, the operator's among them, and asks nothing.
"""

import collections.abc
import dataclasses
import typing

from oslo_policy import policy

#: where the library keeps the checks that look at nothing but the request and the object
PLAIN = "oslo_policy._checks"
#: what a tenant may be compared with for the answer to hang on nothing but whether it is the caller's project
PROJECT = "project_id"


@dataclasses.dataclass(frozen=True)
class Nature:
    """How the answers to all rules may be remembered."""

    #: nothing outside of the request decides: no other server is asked, no check of the operator's own is run
    lasting: bool
    #: of the projects that an object belongs to, only whether they are the caller's decides
    own_or_not: bool


def of(rules: collections.abc.Iterable[typing.Any]) -> Nature:
    """Return the nature of these rules together."""
    leaves = [leaf for rule in rules for leaf in _leaves(rule)]
    return Nature(lasting=all(type(leaf).__module__ == PLAIN for leaf in leaves),
                  own_or_not=not any(map(_looks_closer, leaves)))


def _leaves(check: typing.Any) -> collections.abc.Iterator[typing.Any]:
    """Yield the checks that a check is made of."""
    for below in (*getattr(check, "rules", ()), *([check.rule] if isinstance(check, policy.NotCheck) else [])):
        yield from _leaves(below)
    if not isinstance(check, (policy.AndCheck, policy.OrCheck, policy.NotCheck)):
        yield check


def _looks_closer(leaf: typing.Any) -> bool:
    """Return whether a check compares what an object has with anything but the caller's project."""
    match = str(getattr(leaf, "match", ""))
    tenant = any(f".{word})" in match for word in ("owner", "lessee"))
    return tenant and getattr(leaf, "kind", "") != PROJECT or type(leaf).__module__ != PLAIN
