"""What lies on a conductor for nodes that are gone, that it works on no more, or that others have now."""

import pathlib
import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from baremetal.boot import shelf
from baremetal.clients import dnsmasq
from baremetal.db import models
from baremetal.drivers import task
from tests.flow import house as building


@pytest.fixture
def house(tmp_path: pathlib.Path) -> Iterator[building.House]:
    """A house with a folder of its own, whose conductor "one" has a shelf and DHCP."""
    built = building.House(f"sqlite:///{tmp_path / 'flow.sqlite'}", state_path=str(tmp_path))
    yield built
    built.close()


def _lent(house: building.House, folder: pathlib.Path) -> task.Surroundings:
    lent = house.conductors["one"].means.lent
    object.__setattr__(lent, "shelf", shelf.Shelf(folder / "boot", "http://192.0.2.1"))
    object.__setattr__(lent, "dhcp", dnsmasq.Hosts(folder / "hosts", lambda: None))
    return lent


def _lay(lent: task.Surroundings, ident: str, mode: str, folder: pathlib.Path) -> pathlib.Path:
    """Lay down something of each kind; return the node's log."""
    assert lent.shelf and lent.dhcp and lent.images
    lent.shelf.open(ident, ["52:54:00:00:00:01"], mode)
    lent.shelf.put(ident, "boot.ipxe", text="#!ipxe")
    lent.dhcp.put(ident, ["52:54:00:00:00:01"], boots=mode != "instance")
    (lent.images.store.folder / "holds" / f"{ident}.image").mkdir()
    log = folder / "logs" / f"{ident}_x_deploy_2026-01-01.tar.gz"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"x")
    return log


def _kept(lent: task.Surroundings, ident: str) -> tuple[bool, bool, bool]:
    """Whether place, host and hold of a node are there."""
    assert lent.shelf and lent.dhcp and lent.images
    return (lent.shelf.of(ident) is not None, ident in lent.dhcp.every(),
            f"{ident}.image" in lent.images.store.holders())


@pytest.mark.parametrize("mode", ["deploy", "instance"])
def test_nothing_is_left_of_a_node_that_is_gone(house: building.House, tmp_path: pathlib.Path, mode: str) -> None:
    lent, ident = _lent(house, tmp_path), str(uuid.uuid4())
    log = _lay(lent, ident, mode, tmp_path)
    house.sweep("leftovers").run()
    assert _kept(lent, ident) == (False, False, False) and not log.exists()


@pytest.mark.parametrize(("state", "stays"), [("active", True), ("rescue", True), ("available", False)])
def test_a_deployed_ramdisk_keeps_what_it_boots_and_no_other_node_does(
        house: building.House, tmp_path: pathlib.Path, state: str, *, stays: bool) -> None:
    lent, ident = _lent(house, tmp_path), house.add(state)
    log = _lay(lent, ident, "instance", tmp_path)
    house.sweep("leftovers").run()
    assert _kept(lent, ident) == (stays, True, stays) and log.exists()


def test_an_open_flow_keeps_what_it_needs(house: building.House, tmp_path: pathlib.Path) -> None:
    ident = house.add("available", driver_info={"fake_waits": {"deploy.deploy": True}})
    lent = _lent(house, tmp_path)
    _lay(lent, ident, "deploy", tmp_path)
    with house.database.write() as connection:
        connection.execute(sa.insert(models.FLOWS).values(
            uuid=str(uuid.uuid4()), node_id=house.node(ident).id, verb="deploy", state="waiting", conductor="one",
            epoch=1, created_at=house.clock.now(), updated_at=house.clock.now()))
    house.sweep("leftovers").run()
    assert _kept(lent, ident) == (True, True, True)


def test_dhcp_forgets_who_has_another_conductor_now(house: building.House, tmp_path: pathlib.Path) -> None:
    lent = _lent(house, tmp_path)
    ours, others = house.add("active"), house.add("active", conductor_group="elsewhere")
    assert lent.dhcp
    for number, ident in enumerate((ours, others)):
        lent.dhcp.put(ident, [f"52:54:00:00:00:0{number}"], boots=False)
    house.sweep("leftovers").run()
    assert lent.dhcp.every() == [ours]


def test_images_that_are_too_many_go(house: building.House, tmp_path: pathlib.Path) -> None:
    lent = _lent(house, tmp_path)
    assert lent.images
    half = lent.images.store.folder / "work" / "half-done"
    half.mkdir()
    house.sweep("leftovers").run()
    assert not half.exists()
