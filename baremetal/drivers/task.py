"""The task: one node, the interfaces bound to it, and what the process lends to work on it.

All that a driver may know and touch. Modules are named in full here: the task's attributes bear their
names. It holds no lock and writes nothing: ``conductor/task.py`` subclasses it.
"""

import collections.abc
import contextlib
import dataclasses
import json
import types
import typing

from oslo_config import cfg

import baremetal.clock
import baremetal.context
import baremetal.drivers.volumes
import baremetal.drivers.wires

if typing.TYPE_CHECKING:
    import baremetal.boot.shelf
    import baremetal.clients.dnsmasq
    import baremetal.drivers.bios
    import baremetal.drivers.boot
    import baremetal.drivers.console
    import baremetal.drivers.deploy
    import baremetal.drivers.firmware
    import baremetal.drivers.inspect
    import baremetal.drivers.interface
    import baremetal.drivers.management
    import baremetal.drivers.network
    import baremetal.drivers.power
    import baremetal.drivers.raid
    import baremetal.drivers.rescue
    import baremetal.drivers.storage
    import baremetal.drivers.vendor
    import baremetal.images.library


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What a process lends to all its tasks; made once."""

    conf: cfg.ConfigOpts
    """The options of this process."""
    wires: baremetal.drivers.wires.Wires
    """The clients of BMCs and agents, shared so that sessions are re-used."""
    clock: baremetal.clock.Clock = baremetal.clock.REAL
    """Time and sleep; drivers take both from here only."""
    shelf: "baremetal.boot.shelf.Shelf | None" = None
    """What lies ready for servers to fetch; None where nothing is served."""
    dhcp: "baremetal.clients.dnsmasq.Hosts | None" = None
    """Who gets an address and a loader; None where DHCP is not ours."""
    images: "baremetal.images.library.Library | None" = None
    """Images, checked and kept; None where none are fetched."""


class Task:
    """One node and its interfaces (``task.power``, ``task.management``, …) for one piece of work."""

    bios: "baremetal.drivers.bios.Bios"
    boot: "baremetal.drivers.boot.Boot"
    console: "baremetal.drivers.console.Console"
    deploy: "baremetal.drivers.deploy.Deploy"
    firmware: "baremetal.drivers.firmware.Firmware"
    inspect: "baremetal.drivers.inspect.Inspect"
    management: "baremetal.drivers.management.Management"
    network: "baremetal.drivers.network.Network"
    power: "baremetal.drivers.power.Power"
    raid: "baremetal.drivers.raid.Raid"
    rescue: "baremetal.drivers.rescue.Rescue"
    storage: "baremetal.drivers.storage.Storage"
    vendor: "baremetal.drivers.vendor.Vendor"

    def __init__(self, node: typing.Any,
                 interfaces: "collections.abc.Mapping[str, baremetal.drivers.interface.Interface]",
                 lent: Surroundings, ports: collections.abc.Sequence[typing.Any] = (),
                 context: baremetal.context.Context | None = None) -> None:
        #: a ``db.record.Node``: every column as an attribute, dict columns parsed, secrets in place
        self.node = node
        #: kind: implementation, as ``load.Drivers.bind`` gives it
        self.interfaces = interfaces
        self.lent = lent
        #: the rows of the node's ports
        self.ports = ports
        #: the rows of its port groups
        self.portgroups: collections.abc.Sequence[typing.Any] = ()
        #: what an inspection has found
        self.reported: collections.abc.Mapping[str, typing.Any] | None = None
        #: its remote volumes
        self.volumes = baremetal.drivers.volumes.Volumes()
        self.context = context
        #: how well the server is, one of ``management.HEALTHS``, where its controller told that by the way
        self.health: str | None = None
        #: what is wrong with it, in the controller's words
        self.ailments: tuple[str, ...] = ()
        self.milestones: list[dict[str, typing.Any]] = []
        self.__dict__.update(interfaces)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.node!r}>"

    @property
    def conf(self) -> cfg.ConfigOpts:
        """The options of this process."""
        return self.lent.conf

    @property
    def wires(self) -> baremetal.drivers.wires.Wires:
        """The clients of BMCs and agents."""
        return self.lent.wires

    @property
    def clock(self) -> baremetal.clock.Clock:
        """Time and sleep."""
        return self.lent.clock

    @property
    def shelf(self) -> "baremetal.boot.shelf.Shelf":
        """What lies ready for servers to fetch."""
        assert self.lent.shelf is not None, "this process serves no files"
        return self.lent.shelf

    @property
    def dhcp(self) -> "baremetal.clients.dnsmasq.Hosts | None":
        """Who gets an address and a loader; None where DHCP is not ours."""
        return self.lent.dhcp

    @property
    def images(self) -> "baremetal.images.library.Library":
        """Images, checked and kept."""
        assert self.lent.images is not None, "this process fetches no images"
        return self.lent.images

    @property
    def flowing(self) -> bool:
        """Whether this is work of a flow, whose milestones are kept."""
        return True

    def announced(self, what: str, **facts: typing.Any) -> contextlib.AbstractContextManager[None]:
        """Return the block in which ``what`` is done, for a process that sends notifications: of its begin and end."""
        return contextlib.nullcontext()

    def keep(self, port: typing.Any, **notes: typing.Any) -> None:
        """Note facts in the ``internal_info`` of one of ``ports`` or ``portgroups``; None takes one away."""
        known = {**json.loads(port.internal_info or "{}"), **notes}
        text = json.dumps({name: note for name, note in known.items() if note is not None})
        for rows in ("ports", "portgroups"):
            found = list(getattr(self, rows))
            for place, row in enumerate(found):
                if row.uuid == port.uuid:
                    found[place] = types.SimpleNamespace(**{**_columns(row), "internal_info": text})
                    setattr(self, rows, found)
                    self.kept(rows, row.id, text)

    def reach(self, target: str, properties: collections.abc.Mapping[str, typing.Any]) -> None:
        """Keep how a volume target, named by its UUID, is reached; the conductor's task writes it with the node."""
        self.volumes = self.volumes.reached(target, properties)

    def report(self, found: collections.abc.Mapping[str, typing.Any]) -> None:
        """Hand in what an inspection has found, in the form of an agent's report; the conductor's task keeps it."""
        self.reported = found

    def kept(self, rows: str, ident: int, text: str) -> None:
        """Take notice of what ``keep`` noted; the conductor's task writes it with the node."""

    def save(self) -> None:
        """Write what was changed of the node so far, before something is done that must not come before it.

        The conductor's task does; it raises ``LeaseLost`` where another one works on the node by now.
        """

    def milestone(self, name: str, **facts: typing.Any) -> None:
        """Note that ``name`` was reached; the conductor's task writes it to the node's timeline."""
        self.milestones.append({"name": name, **facts})


def _columns(row: typing.Any) -> dict[str, typing.Any]:
    """Return a row, or what was made of one, as a dict."""
    return dict(getattr(row, "_mapping", None) or vars(row))
