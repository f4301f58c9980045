"""What comes of a report, and what hooks work on until then. No hook is called here."""

import collections.abc
import dataclasses
import json
import re
import typing

from oslo_config import cfg

from baremetal import errors

_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}\Z")
NOBODY = "00:00:00:00:00:00"


@dataclasses.dataclass
class Outcome:
    """What the conductor writes. Where ``failed`` is set only inventory, plugin_data and logs count."""

    #: the node's properties as they shall be, whole
    properties: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    #: what of them is new in ``properties["capabilities"]``
    capabilities: dict[str, str] = dataclasses.field(default_factory=dict)
    #: "uefi" or "bios" as the agent saw it, or None
    boot_mode: str | None = None
    #: columns of ports to make; dict columns as dicts
    new_ports: list[dict[str, typing.Any]] = dataclasses.field(default_factory=list)
    #: (UUID, columns that change)
    changed_ports: list[tuple[str, dict[str, typing.Any]]] = dataclasses.field(default_factory=list)
    #: UUIDs of ports to delete
    gone_ports: list[str] = dataclasses.field(default_factory=list)
    #: as GET /v1/nodes/{node}/inventory shows it
    inventory: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    plugin_data: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    #: the ramdisk's logs (tar.gz), to be kept as a file
    logs: bytes | None = None
    #: columns of the node that rules have given other values, properties aside
    attributes: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    #: trait: whether rules gave it to the node (else took it away)
    traits: dict[str, bool] = dataclasses.field(default_factory=dict)
    #: why the inspection failed, in words; None when it did not
    failed: str | None = None


@dataclasses.dataclass(frozen=True)
class Asked:
    """A URL that a rule wants to be asked."""

    url: str
    headers: dict[str, str]
    #: seconds for one try, further tries, and seconds before the second one, which double
    timeout: float
    retries: int
    pause: float


Ask = collections.abc.Callable[[Asked], None]


@dataclasses.dataclass
class Port:
    """One port while hooks look at it: a stored one, or one to be made."""

    address: str
    #: None is one to be made
    uuid: str | None
    #: columns as they are stored, dict columns as dicts
    values: dict[str, typing.Any]
    changes: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    gone: bool = False

    def present(self, name: str) -> typing.Any:
        """Return a copy of what a column holds by now."""
        return json.loads(json.dumps(self.changes.get(name, self.values.get(name))))

    def set(self, name: str, value: typing.Any) -> None:
        """Give a column another value."""
        if self.values.get(name) == value:
            self.changes.pop(name, None)
        else:
            self.changes[name] = value


class Work:
    """What hooks read and change; each hook leaves for later ones what it found."""

    def __init__(self, report: dict[str, typing.Any], node: typing.Any, ports: typing.Iterable[typing.Any],
                 conf: cfg.ConfigOpts) -> None:
        self.report, self.node, self.conf = report, node, conf
        self.inventory: dict[str, typing.Any] = report["inventory"]
        self.plugin_data = {name: value for name, value in report.items() if name not in ("inventory", "logs")}
        self.properties = json.loads(json.dumps(node.properties or {}))
        self.capabilities: dict[str, str] = {}
        #: capabilities that the node shall have no more
        self.lost_capabilities: set[str] = set()
        #: columns of the node that rules change; ``properties`` is always among them
        self.attributes: dict[str, typing.Any] = {"properties": self.properties}
        self.traits: dict[str, bool] = {}
        #: what was found the last time, or None
        self.previous: dict[str, typing.Any] | None = None
        #: asks a URL, for rules; None where nobody may be asked
        self.ask: Ask | None = None
        self.boot_mode: str | None = None
        #: MAC: port
        self.ports = {port.address: port for port in map(_stored, ports)}
        #: name: interface, of those that can become ports; filled by validate-interfaces
        self.interfaces: dict[str, dict[str, typing.Any]] = {}

    def booted_from(self) -> str | None:
        """Return the MAC address of the interface that booted, or None where the report does not say."""
        boot = self.inventory.get("boot")
        named = boot.get("pxe_interface") if isinstance(boot, dict) else None
        return mac(named) or mac(self.report.get("boot_interface"))

    def attribute(self, name: str) -> typing.Any:
        """Return a copy of what a column of the node holds by now."""
        value = self.attributes[name] if name in self.attributes else getattr(self.node, name, None)
        return json.loads(json.dumps(value))

    def make_port(self, address: str, **values: typing.Any) -> None:
        """Have a port made."""
        self.ports[address] = Port(address, None, {"address": address, **values})

    def outcome(self) -> Outcome:
        """Return what the hooks have made of it."""
        others = {name: value for name, value in self.attributes.items() if name != "properties"}
        self.properties = self.attributes["properties"]
        found = Outcome(properties=self.properties, capabilities=self.capabilities, boot_mode=self.boot_mode,
                        attributes=others, traits=self.traits, inventory=self.inventory, plugin_data=self.plugin_data)
        if self.capabilities or self.lost_capabilities:
            merged = _merged(self.properties.get("capabilities"), self.capabilities, self.lost_capabilities)
            if merged or "capabilities" in self.properties:
                found.properties["capabilities"] = merged
        for port in self.ports.values():
            if port.uuid is None:
                found.new_ports.append({**port.values, **port.changes})
            elif port.gone:
                found.gone_ports.append(port.uuid)
            elif port.changes:
                found.changed_ports.append((port.uuid, port.changes))
        return found


def mac(value: typing.Any) -> str | None:
    """Return a MAC address as ports have it; also of the form that PXE loaders hand over (01-aa-…). Else None."""
    text = value.strip().lower().replace("-", ":") if isinstance(value, str) else ""
    text = text.removeprefix("01:") if text.count(":") == 6 else text
    return text if _MAC.match(text) and text != NOBODY else None


def _stored(row: typing.Any) -> Port:
    """Return a row of ports; dict columns may still be text."""
    values = dict(getattr(row, "_mapping", None) or vars(row))
    for name in ("extra", "local_link_connection", "internal_info"):
        if isinstance(values.get(name), str):
            values[name] = json.loads(values[name])
    return Port(values["address"], values["uuid"], values)


def _merged(stored: typing.Any, found: dict[str, str], lost: set[str]) -> str:
    """Return capabilities as they are stored ("a:b,c:d"), with those that were found, and without those lost."""
    known = {}
    if isinstance(stored, dict):
        known = {str(key): str(value) for key, value in stored.items()}
    elif isinstance(stored, str):
        for part in filter(None, (part.strip() for part in stored.split(","))):
            key, colon, value = part.partition(":")
            if not colon:
                raise errors.ReportRefused(text=f"The node's properties/capabilities has {part[:60]!r} in it; each "
                                                "part must be NAME:VALUE. Mend it, then inspect again.")
            known[key] = value
    return ",".join(f"{key}:{value}" for key, value in {**known, **found}.items() if key not in lost)
