"""The actions of rules: a table, one function each. They change what will be written of a report, and nothing else.

An action that cannot be done raises ``ValueError`` with the reason.
"""

import logging
import re
import typing
import urllib.parse

import os_traits

from baremetal.inspection import outcome
from baremetal.inspection.rules import attributes, operation, values

LOG = logging.getLogger(__name__)

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR,
          "critical": logging.CRITICAL}
#: most traits of a node, and bounds of a call: seconds, repetitions, seconds between two of them
MOST_TRAITS, MOST_SECONDS, MOST_RETRIES, MOST_PAUSE = 50, 30.0, 5, 10.0
_TRAIT = re.compile(r"CUSTOM_[A-Z0-9_]+\Z")
_STANDARD = frozenset(os_traits.get_traits())


class Failed(Exception):
    """A rule says that this inspection shall fail."""


def fail(_work: outcome.Work, msg: typing.Any) -> None:
    """Let the inspection fail, with these words."""
    raise Failed(str(msg)[:1000])


def log(work: outcome.Work, msg: typing.Any, level: str = "info") -> None:
    """Write a line to the conductor's log."""
    line = "".join(char if char.isprintable() else "?" for char in str(msg)[:2000])
    LOG.log(LEVELS[level.lower()], "Node %s: %s", work.node.uuid, line)


def set_attribute(work: outcome.Work, path: str, value: typing.Any) -> None:
    """Set a field of the node, or something in one."""
    parts = attributes.judge(attributes.NODE, path)
    holder = {parts[0]: work.attribute(parts[0])}
    values.put(holder, parts, value)
    work.attributes[parts[0]] = attributes.fit(parts[0], attributes.NODE[parts[0]], holder[parts[0]])


def extend_attribute(work: outcome.Work, path: str, value: typing.Any, unique: bool = False  # noqa: FBT001, FBT002
                     ) -> None:
    """Add to a list in a field of the node."""
    parts = attributes.judge(attributes.NODE, path)
    holder = {parts[0]: work.attribute(parts[0])}
    values.extend(holder, parts, value, unique=bool(unique))
    work.attributes[parts[0]] = attributes.fit(parts[0], attributes.NODE[parts[0]], holder[parts[0]])


def del_attribute(work: outcome.Work, path: str) -> None:
    """Empty a field of the node, or remove something in one."""
    parts = attributes.judge(attributes.NODE, path)
    holder = {parts[0]: work.attribute(parts[0])}
    if len(parts) == 1:
        holder[parts[0]] = None
    elif not values.take_away(holder, parts):
        raise ValueError(f"there is no {path[:100]} to delete.")
    work.attributes[parts[0]] = attributes.fit(parts[0], attributes.NODE[parts[0]], holder[parts[0]])


def set_capability(work: outcome.Work, name: typing.Any, value: typing.Any) -> None:
    """Set a capability of the node."""
    name, value = _capability(name), str(value)
    if not value or "," in value or ":" in value:
        raise ValueError(f"a capability's value cannot be {value[:60]!r}: it has neither ',' nor ':' in it.")
    work.lost_capabilities.discard(name)
    work.capabilities[name] = value


def unset_capability(work: outcome.Work, name: typing.Any) -> None:
    """Remove a capability of the node."""
    name = _capability(name)
    work.capabilities.pop(name, None)
    work.lost_capabilities.add(name)


def add_trait(work: outcome.Work, name: typing.Any) -> None:
    """Give the node a trait."""
    if not isinstance(name, str) or len(name) > 255 or not (name in _STANDARD or _TRAIT.match(name)):
        raise ValueError(f"{str(name)[:60]!r} is no trait: that is a standard name, or CUSTOM_ and A-Z 0-9 _.")
    work.traits[name] = True


def remove_trait(work: outcome.Work, name: typing.Any) -> None:
    """Take a trait away; that it is not there is fine."""
    work.traits[str(name)[:255]] = False


def set_plugin_data(work: outcome.Work, path: str, value: typing.Any) -> None:
    """Set something in what is kept of the report."""
    values.put(work.plugin_data, values.path(path), value)


def extend_plugin_data(work: outcome.Work, path: str, value: typing.Any, unique: bool = False  # noqa: FBT001, FBT002
                       ) -> None:
    """Add to a list in what is kept of the report."""
    values.extend(work.plugin_data, values.path(path), value, unique=bool(unique))


def unset_plugin_data(work: outcome.Work, path: str) -> None:
    """Remove something of what is kept of the report; that it is not there is fine."""
    values.take_away(work.plugin_data, values.path(path))


def set_port_attribute(work: outcome.Work, port_id: str, path: str, value: typing.Any) -> None:
    """Set a field of a port, or something in one."""
    port, parts = _port(work, port_id), attributes.judge(attributes.PORT, path)
    holder = {parts[0]: port.present(parts[0])}
    values.put(holder, parts, value)
    port.set(parts[0], attributes.fit(parts[0], attributes.PORT[parts[0]], holder[parts[0]]))


def extend_port_attribute(work: outcome.Work, port_id: str, path: str, value: typing.Any,
                          unique: bool = False) -> None:  # noqa: FBT001, FBT002
    """Add to a list in a field of a port."""
    port, parts = _port(work, port_id), attributes.judge(attributes.PORT, path)
    holder = {parts[0]: port.present(parts[0])}
    values.extend(holder, parts, value, unique=bool(unique))
    port.set(parts[0], attributes.fit(parts[0], attributes.PORT[parts[0]], holder[parts[0]]))


def del_port_attribute(work: outcome.Work, port_id: str, path: str) -> None:
    """Empty a field of a port, or remove something in one."""
    port, parts = _port(work, port_id), attributes.judge(attributes.PORT, path)
    holder = {parts[0]: port.present(parts[0])}
    if len(parts) == 1:
        holder[parts[0]] = None
    elif not values.take_away(holder, parts):
        raise ValueError(f"there is no {path[:100]} to delete.")
    port.set(parts[0], attributes.fit(parts[0], attributes.PORT[parts[0]], holder[parts[0]]))


def api_call(work: outcome.Work, url: str, headers: dict[str, str] | None = None, timeout: typing.Any = 5,
             retries: typing.Any = 3, backoff_factor: typing.Any = 0.3) -> None:
    """Ask a URL, and go on when it answers well. Who runs the rules lends the way out, and guards it."""
    if work.ask is None:
        raise ValueError("this service calls nobody.")
    _check_call({"url": url, "headers": headers, "timeout": timeout, "retries": retries,
                 "backoff_factor": backoff_factor})
    work.ask(outcome.Asked(str(url), {str(key): str(value) for key, value in (headers or {}).items()},
                           min(float(timeout), MOST_SECONDS), int(retries), float(backoff_factor)))


def _capability(name: typing.Any) -> str:
    if not isinstance(name, str) or not name or "," in name or ":" in name:
        raise ValueError(f"{str(name)[:60]!r} is no name of a capability: it has neither ',' nor ':'.")
    return name


def _port(work: outcome.Work, ident: typing.Any) -> outcome.Port:
    """Return the port that a UUID or a MAC address names."""
    for port in work.ports.values():
        if not port.gone and ident is not None and ident in (port.uuid, port.address):
            return port
    address = outcome.mac(ident)
    if address in work.ports and not work.ports[address].gone:
        return work.ports[address]
    raise ValueError(f"the node has no port {str(ident)[:60]!r}; give its UUID or its MAC address.")


def _check_level(args: operation.Args) -> None:
    level = args.get("level", "info")
    if not isinstance(level, str) or level.lower() not in LEVELS:
        raise ValueError(f"'level' must be one of: {', '.join(LEVELS)}.")


def _check_call(args: operation.Args) -> None:
    """Raise for arguments of a call that are out of bounds."""
    if not isinstance(args["url"], str) or not isinstance(args.get("headers") or {}, dict):
        raise ValueError("'url' must be a text, and 'headers' an object.")
    if "{" not in args["url"] and urllib.parse.urlsplit(args["url"]).scheme not in ("http", "https"):
        raise ValueError("'url' must begin with http:// or https://.")
    bounds = (("timeout", 5, MOST_SECONDS), ("retries", 3, MOST_RETRIES), ("backoff_factor", 0.3, MOST_PAUSE))
    for name, default, most in bounds:
        try:
            number = float(args.get(name, default))
        except (TypeError, ValueError):
            number = -1.0
        if not 0 <= number <= most or (name == "timeout" and not number):
            raise ValueError(f"{name!r} must be a number from 0 to {most:g}.")


def _check_node_path(args: operation.Args) -> None:
    if "{" not in str(args["path"]):
        attributes.judge(attributes.NODE, args["path"])


def _check_port_path(args: operation.Args) -> None:
    if "{" not in str(args["path"]):
        attributes.judge(attributes.PORT, args["path"])


def _check_path(args: operation.Args) -> None:
    values.path(args["path"])


_V, _M, _U, _PV, _PPV = ("value",), ("msg",), ("unique",), ("port_id", "value"), ("port_id", "path", "value")
_CALL = ("headers", "timeout", "retries", "backoff_factor")
# fmt: off
TABLE: dict[str, operation.Op] = {
    "fail":                  operation.Op(fail, _M, (), _M),
    "log":                   operation.Op(log, _M, ("level",), _M, _check_level),
    "set-attribute":         operation.Op(set_attribute, ("path", "value"), (), _V, _check_node_path),
    "extend-attribute":      operation.Op(extend_attribute, ("path", "value"), _U, _V, _check_node_path),
    "del-attribute":         operation.Op(del_attribute, ("path",), (), (), _check_node_path),
    "set-capability":        operation.Op(set_capability, ("name", "value"), (), _V),
    "unset-capability":      operation.Op(unset_capability, ("name",)),
    "add-trait":             operation.Op(add_trait, ("name",)),
    "remove-trait":          operation.Op(remove_trait, ("name",)),
    "set-plugin-data":       operation.Op(set_plugin_data, ("path", "value"), (), _V, _check_path),
    "extend-plugin-data":    operation.Op(extend_plugin_data, ("path", "value"), _U, _V, _check_path),
    "unset-plugin-data":     operation.Op(unset_plugin_data, ("path",), (), (), _check_path),
    "set-port-attribute":    operation.Op(set_port_attribute, _PPV, (), _PV, _check_port_path),
    "extend-port-attribute": operation.Op(extend_port_attribute, _PPV, _U, _PV, _check_port_path),
    "del-port-attribute":    operation.Op(del_port_attribute, ("port_id", "path"), (), ("port_id",), _check_port_path),
    "api-call":              operation.Op(api_call, ("url",), _CALL, ("url",), _check_call),
}
# fmt: on

#: actions for which what is not there is no hindrance: the text that asks for it stands for it
OF_WORDS = frozenset({"fail", "log"})
