"""Reading a report that somebody else wrote: bounds, and values with a type or a sentence. Knows no hook."""

import base64
import binascii
import typing

from baremetal import errors

#: most interfaces, disks and LLDP parts that a report may have, and its deepest nesting
MOST = {"interfaces": 512, "disks": 2048}
MOST_DEEP = 32
#: longest text of a report that a message shows
SHOWN = 60

#: kind of value: how a message calls it
KINDS: dict[type, str] = {dict: "an object", list: "a list", str: "a text", int: "a whole number of 0 or more"}


def check(report: typing.Any) -> dict[str, typing.Any]:
    """Return a report that can be worked on; raises ``ReportRefused`` that names what is wrong with it."""
    if not isinstance(report, dict):
        raise errors.ReportRefused(text=f"The report is {_called(report)}; it must be an object with 'inventory'.")
    _bound(report)
    inventory = value(report, "inventory", dict)
    if inventory is None:
        raise errors.ReportRefused(text="The report has no 'inventory'; it must be an object with 'interfaces'.")
    for name, most in MOST.items():
        found = value(report, f"inventory.{name}", list)
        if found is not None and len(found) > most:
            raise errors.ReportRefused(text=f"The report's inventory.{name} has {len(found)} items; at most {most} "
                                            "are taken.")
        for number, item in enumerate(found or ()):
            if not isinstance(item, dict):
                raise errors.ReportRefused(text=f"The report's inventory.{name}.{number} is {_called(item)}; it must "
                                                "be an object.")
    if not inventory.get("interfaces"):
        raise errors.ReportRefused(text="The report's inventory.interfaces is empty; at least one interface with a "
                                        "mac_address is needed.")
    return report


def value(document: typing.Any, path: str, kind: type) -> typing.Any:
    """Return what stands at a dotted path, or None where nothing does; raises ``ReportRefused`` for another kind."""
    walked: list[str] = []
    for name in path.split("."):
        if document is None:
            return None
        if not isinstance(document, dict):
            raise _refused(".".join(walked), document, dict)
        document = document.get(name)
        walked.append(name)
    wrong = not isinstance(document, kind) or isinstance(document, bool) or (isinstance(document, int) and document < 0)
    if document is not None and wrong:
        raise _refused(path, document, kind)
    return document


def logs(report: typing.Any) -> bytes | None:
    """Return the logs of a report, or None when it has none that can be read."""
    text = report.get("logs") if isinstance(report, dict) else None
    if not isinstance(text, str) or not text:
        return None
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return None


def _refused(path: str, found: typing.Any, kind: type) -> errors.ReportRefused:
    return errors.ReportRefused(text=f"The report's {path} is {_called(found)}; it must be {KINDS[kind]}.")


def _called(found: typing.Any) -> str:
    """Return how a message calls a wrong value."""
    if isinstance(found, str):
        return f"the text {found[:SHOWN]!r}"
    if isinstance(found, dict | list):
        return KINDS[type(found)]
    return "null" if found is None else repr(found)[:SHOWN]


def _bound(report: dict[str, typing.Any]) -> None:
    """Raise for a report that is nested too deep; walks without recursion."""
    level: list[typing.Any] = [report]
    for _deep in range(MOST_DEEP):
        level = [item for one in level for item in (one.values() if isinstance(one, dict) else one)
                 if isinstance(item, dict | list)]
        if not level:
            return
    raise errors.ReportRefused(text=f"The report is nested deeper than {MOST_DEEP} levels.")
