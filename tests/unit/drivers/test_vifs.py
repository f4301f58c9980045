"""Which port or port group carries a VIF."""

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
    return types.SimpleNamespace(id=name, uuid=name, portgroup_uuid=group, physical_network=network, pxe_enabled=boots,
                                 internal_info=json.dumps({"tenant_vif_port_id": vif}) if vif else None)


def group(name: str, vif: str | None = None) -> Row:
    """A port group."""
    return types.SimpleNamespace(id=name, uuid=name, internal_info=json.dumps({
        "other": 1, **({"tenant_vif_port_id": vif} if vif else {})}))


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
