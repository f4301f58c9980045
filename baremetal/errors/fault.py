"""What a fault is, and the kinds of them. The faults themselves stand in the files beside this one.

A fault knows nothing of HTTP or RPC: ``api/faults.py`` pairs kinds with status codes, ``rpc/`` carries
code and facts. A new class exists only where a program would act on it differently.
"""

import typing

KINDS = {
    "invalid": "The request itself is wrong; the same request can never succeed.",
    "refused": "The request is well formed, but the present state of things forbids it for good or for now.",
    "forbidden": "The caller may not do this.",
    "unauthorized": "The caller did not say who it is, or the password is wrong.",
    "missing": "What the request names does not exist, or is not visible to the caller.",
    "conflict": "Somebody or something else holds it, or it exists already.",
    "version": "The request needs another API version.",
    "method": "The path exists, the method does not.",
    "unacceptable": "The client does not take an answer in any form that is spoken here.",
    "too-large": "The body is larger than allowed.",
    "busy": "There is no room to do it now; trying again later may succeed.",
    "hardware": "The machine or its controller did not do as told.",
    "internal": "A defect of this program.",
}


class Fault(Exception):
    """What is true and should not be; ``facts`` fill the placeholders of ``says``."""

    kind: typing.ClassVar[str] = "internal"
    code: typing.ClassVar[str] = "fault"
    says: typing.ClassVar[str] = "{text}"
    #: whether the same call may succeed when simply tried again
    transient: typing.ClassVar[bool] = False

    def __init__(self, **facts: typing.Any) -> None:
        self.facts = facts
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """The sentence for a person; never holds a traceback."""
        try:
            return self.says.format(**self.facts)
        except (KeyError, IndexError):
            return f"{self.says} {self.facts}"

    def __str__(self) -> str:
        return self.text


def every(root: type[Fault] = Fault) -> list[type[Fault]]:
    """Return ``root`` and all fault classes below it that are loaded now."""
    found = [root]
    for child in root.__subclasses__():
        found.extend(every(child))
    return found


def to_wire(fault: Fault) -> dict[str, typing.Any]:
    """Return a fault as plain JSON: ``{"code", "facts"}``."""
    return {"code": fault.code, "facts": {k: _plain(v) for k, v in fault.facts.items()},
            "kind": fault.kind, "says": fault.says}


def from_wire(wire: dict[str, typing.Any]) -> Fault:
    """Rebuild a fault from ``to_wire``; one unknown here keeps its code, kind and text."""
    for known in every():
        if known.code == wire["code"]:
            return known(**wire["facts"])
    foreign = type("ForeignFault", (Fault,), {"code": wire["code"], "kind": wire["kind"], "says": wire["says"]})
    return typing.cast(Fault, foreign(**wire["facts"]))


def _plain(value: typing.Any) -> typing.Any:
    """Return ``value`` as JSON can carry it."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return str(value)
