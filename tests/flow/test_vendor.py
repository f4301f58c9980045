"""Vendor methods on the conductor: held or not, in the background or not, of drivers as a whole."""

import base64
from typing import Any

import pytest

from baremetal import errors
from baremetal.conductor import hold
from baremetal.drivers import task, vendor
from tests.flow import house as building


class Example(vendor.Vendor):
    """Writes down who holds the node while it works."""

    name = "example"

    def __init__(self) -> None:
        self.seen: list[Any] = []

    @vendor.method("Work.")
    def work(self, task: task.Task, *, fails: bool = False) -> None:
        """Look, then fail if wished for."""
        self.seen.append(getattr(task, "lease", None) is not None)
        if fails:
            raise errors.StepFailed(interface="vendor", step="work", why="the screw is loose")

    @vendor.method("Look.", background=False, exclusive=False, attach=True)
    def look(self, task: task.Task) -> bytes:
        """Return bytes that are no text."""
        self.seen.append(getattr(task, "lease", None) is not None)
        return b"\xff\x00"

    @vendor.driver_method("Count.", background=False, http=("GET",))
    def count(self, lent: task.Surroundings, to: int) -> list[int]:
        """Return numbers."""
        return list(range(to))

    @vendor.driver_method("Count for nobody.")
    def count_alone(self, lent: task.Surroundings) -> None:
        """Break."""
        self.seen.append(lent.conf.host)
        raise RuntimeError("broken")


@pytest.fixture
def example(house: building.House) -> Example:
    """The vendor interface of all nodes, and of the driver."""
    found = Example()
    house.conductor("one", vendor=found)
    house.conductors["one"].means.drivers.choose = lambda *_: found  # type: ignore[method-assign,assignment]
    return found


def call(house: building.House, work: str, **given: Any) -> Any:
    """Ask the conductor."""
    return house.managers["one"].table()[work](house.ctx, **given)


def test_a_method_in_the_background_holds_the_node_and_says_in_last_error_what_failed(
        house: building.House, example: Example) -> None:
    ident = house.add(last_error="of earlier")
    asked = {"node": ident, "method": "work", "http": "POST"}
    assert call(house, "vendor_call", **asked, parameters={}) == {"async": True, "attach": False, "value": None}
    house.settle()
    node = house.node(ident)
    assert node.last_error == "of earlier" and node.reservation is None
    call(house, "vendor_call", **asked, parameters={"fails": True})
    house.settle()
    node = house.node(ident)
    assert node.last_error.startswith("Vendor method work failed: ") and "the screw is loose" in node.last_error
    assert node.reservation is None and example.seen == [True, True]


def test_a_held_node_is_looked_at_and_not_worked_on(house: building.House, example: Example) -> None:
    ident = house.add()
    hold.take(house.conductors["one"].means, ident, house.ctx, "another thing")
    found = call(house, "vendor_call", node=ident, method="look", http="POST", parameters={})
    assert base64.b64decode(found["value"]) == b"\xff\x00" and found["attach"] and not found["async"]
    assert example.seen == [False]
    with pytest.raises(errors.NodeLocked, match="another thing"):
        call(house, "vendor_call", node=ident, method="work", http="POST", parameters={})
    with pytest.raises(errors.Invalid, match="look is not called by PUT"):
        call(house, "vendor_call", node=ident, method="look", http="PUT", parameters={})


def test_methods_of_a_driver_need_no_node(house: building.House, example: Example) -> None:
    asked = {"driver": "fake-hardware"}
    assert list(call(house, "driver_vendor_methods", **asked)) == ["count", "count_alone"]
    assert call(house, "driver_vendor_call", **asked, method="count", http="GET",
                parameters={"to": 3})["value"] == [0, 1, 2]
    with pytest.raises(errors.Invalid, match="as a whole; there are: count, count_alone"):
        call(house, "driver_vendor_call", **asked, method="work", http="POST", parameters={})
    call(house, "driver_vendor_call", **asked, method="count_alone", http="POST", parameters={})
    house.settle()
    assert example.seen == ["one"]
