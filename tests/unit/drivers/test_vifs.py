"""Which port or port group carries a VIF."""

import contextlib
import json
import types
import typing

import pytest

from baremetal import clock, config, errors
from baremetal.drivers import load, task, vifs, wires
from tests.contract import devices

Row = typing.Any


def port(name: str, group: str | None = None, network: str | None = None, *, boots: bool = True,
         vif: str | None = None) -> Row:
    """A port; its UUID is its name."""
    noted = json.dumps({"tenant_vif_port_id": vif}) if vif else None
    return types.SimpleNamespace(id=name, uuid=name, node_id=1, portgroup_uuid=group, physical_network=network,
                                 pxe_enabled=boots, internal_info=noted)


def group(name: str, vif: str | None = None, *, single: bool = True) -> Row:
    """A port group."""
    return types.SimpleNamespace(id=name, uuid=name, node_id=1, standalone_ports_supported=single,
                                 internal_info=json.dumps({"other": 1, **({"tenant_vif_port_id": vif} if vif else {})}))


class Physical(vifs.Vifs):
    """A network whose VIFs can be on some physical networks only."""

    name = "physical"

    def __init__(self, *networks: str) -> None:
        self.networks = frozenset(networks)

    def physical_networks(self, task: task.Task, vif: typing.Any) -> vifs.Physical:
        """Return them."""
        return self.networks


def held(*rows: Row) -> task.Task:
    """A node with these ports and port groups."""
    conf = config.build()
    node = devices.node("fake-hardware", driver_info={})
    lent = task.Surroundings(conf, wires.Wires(conf), clock.MovedClock())
    made = task.Task(node, load.Drivers(conf).bind(node), lent,
                     [row for row in rows if hasattr(row, "pxe_enabled")])
    made.portgroups = [row for row in rows if not hasattr(row, "pxe_enabled")]
    return made


def carriers(held: task.Task) -> dict[str, str]:
    """Return what carries what."""
    return {row.uuid: vif for row in (*held.ports, *held.portgroups) if (vif := vifs.carried(row))}


# fmt: off
CHOICES: dict[str, tuple[tuple[Row, ...], tuple[str, ...], dict[str, str], str]] = {
    "the only port":             ((port("a"),), (), {}, "a"),
    "one that boots":            ((port("a", boots=False), port("b")), (), {}, "b"),
    "one that does not, then":   ((port("a", boots=False), port("b", vif="x")), (), {}, "a"),
    "a group before ports":      ((port("a"), port("b", "g"), group("g")), (), {}, "g"),
    "no empty group":            ((port("a"), group("g")), (), {}, "a"),
    "a port of a split group":   ((port("a", "g", vif="x"), port("b", "g"), group("g")), (), {}, "b"),
    "its physical network":      ((port("a"), port("b", network="p")), ("p",), {}, "b"),
    "no other one":              ((port("a", network="q"), port("b", boots=False)), ("p",), {}, "b"),
    "any where none matters":    ((port("a", network="q"),), (), {}, "a"),
    "a port on it before a group off it": (
        (port("a", network="p"), port("b", "g"), group("g")), ("p",), {}, "a"),
    "a group on it":             ((port("a", network="p"), port("b", "g", "p"), group("g")), ("p",), {}, "g"),
    "no group on two":           ((port("a"), port("b", "g", "p"), port("c", "g", "q"), group("g")), (), {}, "a"),
    "the port that is named":    ((port("a"), port("b", boots=False)), (), {"port_uuid": "b"}, "b"),
    "the group that is named":   ((port("a", "f"), port("b", "g"), group("f"), group("g")), (),
                                  {"portgroup_uuid": "g"}, "g"),
}
REFUSED: dict[str, tuple[tuple[Row, ...], dict[str, str], str]] = {
    "no port at all":            ((), {}, "no physical port"),
    "none free":                 ((port("a", vif="x"),), {}, "Attached are: x"),
    "the named one is not free": ((port("a", vif="x"), port("b")), {"port_uuid": "a"}, "a is not free"),
    "a port of nobody":          ((port("a"),), {"port_uuid": "z"}, "z is neither"),
    "a group is no port":        ((port("a", "g"), group("g")), {"port_uuid": "g"}, "g is not free"),
    "a port in a free group":    ((port("a", "g"), group("g")), {"port_uuid": "a"}, "a is not free"),
}
# fmt: on


@pytest.mark.parametrize("what", CHOICES)
def test_chooses(what: str) -> None:
    rows, networks, wish, wanted = CHOICES[what]
    made = held(*rows)
    before = carriers(made)
    Physical(*networks).attach_vif(made, {"id": "vif", **wish})
    assert carriers(made) == {**before, wanted: "vif"}


@pytest.mark.parametrize("what", REFUSED)
def test_refuses(what: str) -> None:
    rows, wish, says = REFUSED[what]
    with pytest.raises(errors.Invalid, match=says):
        Physical().attach_vif(held(*rows), {"id": "vif", **wish})


def test_what_is_attached_is_not_attached_twice_and_goes_once() -> None:
    made, network = held(port("a"), port("b", "g"), group("g")), Physical()
    network.attach_vif(made, {"id": "one"})
    network.attach_vif(made, {"id": "two"})
    assert network.vifs(made) == [{"id": "two"}, {"id": "one"}]
    with pytest.raises(errors.Conflict, match="one is attached to node .* already"):
        network.attach_vif(made, {"id": "one"})
    network.detach_vif(made, "one")
    assert json.loads(made.portgroups[0].internal_info) == {"other": 1}
    with pytest.raises(errors.Invalid, match="one cannot be detached .* Attached are: two"):
        network.detach_vif(made, "one")


# fmt: off
#: what shall change: the rows, the one that changes, how, and the words of the refusal, None where it may
CHANGES: dict[str, tuple[tuple[Row, ...], str, dict[str, typing.Any], str | None]] = {
    "address of a port that carries":     ((port("a", vif="x"),), "a", {"address": "b"}, None),
    "another node, carrying nothing":     ((port("a"),), "a", {"node_id": 2}, None),
    "another node":                       ((port("a", vif="x"),), "a", {"node_id": 2}, "a cannot go .* VIF x"),
    "into a group":                       ((port("a", vif="x"), group("g")), "a", {"portgroup_uuid": "g"}, None),
    "into a group of no single ports":    ((port("a", vif="x"), group("g", single=False)), "a",
                                           {"portgroup_uuid": "g"}, "g does not support .* VIF x"),
    "a free one into such a group":       ((port("a"), group("g", single=False)), "a", {"portgroup_uuid": "g"}, None),
    "no single ports, one carries":       ((port("a", "g", vif="x"), port("b", "g"), group("g")), "g",
                                           {"standalone_ports_supported": False}, r"carry VIFs .*\(a\)"),
    "no single ports, the group carries": ((port("a", "g"), group("g", vif="x")), "g",
                                           {"standalone_ports_supported": False}, None),
    "a group to another node":            ((group("g", vif="x"),), "g", {"node_id": 2}, "g cannot go .* VIF x"),
}
# fmt: on


@pytest.mark.parametrize("what", CHANGES)
def test_follows_changes(what: str) -> None:
    rows, named, changes, says = CHANGES[what]
    made, network = held(*rows), Physical()
    was = next(row for row in rows if row.uuid == named)
    ask = network.port_changed if hasattr(was, "pxe_enabled") else network.portgroup_changed
    with pytest.raises(errors.Conflict, match=says) if says else contextlib.nullcontext():
        ask(made, was, types.SimpleNamespace(**{**vars(was), **changes}))
