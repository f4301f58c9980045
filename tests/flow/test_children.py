"""Steps that a node has run on its child nodes."""

import contextlib
from typing import Any

import pytest

from baremetal import config, errors
from baremetal.conductor import hold
from baremetal.db import models
from tests.flow import house as building
from tests.flow import test_crash


def _family(house: building.House, count: int = 2, **columns: Any) -> tuple[str, list[str]]:
    parent = house.add("manageable")
    return parent, [house.add("enroll", parent_node=parent, **columns) for _ in range(count)]


def _on(children: list[str], name: str, interface: str = "power", **args: Any) -> dict[str, Any]:
    """A step as the API hands it over: with the children's names."""
    return {"interface": interface, "step": name, "args": args, "execute_on_child_nodes": True,
            "limit_child_node_execution": children}


def test_step_runs_on_each_child_and_not_on_the_node(house: building.House) -> None:
    parent, children = _family(house)
    node = house.do(parent, "clean", clean_steps=[_on(children, "power_on"),
                                                  {"interface": "vendor", "step": "log_passthrough"}])
    assert (node.provision_state, node.last_error, node.power_state) == ("manageable", None, None)
    for ident in children:
        child = house.node(ident)
        assert (child.power_state, child.reservation, child.provision_state) == ("power on", None, "enroll")
        assert [row.event for row in house.rows(models.HISTORY, node_id=child.id)] == [
            f"Step power.power_on ran for parent node {parent}"]
    assert [name for name, _state in house.steps(parent)] == [
        "deploy.prepare_cleaning", "power.power_on", "vendor.log_passthrough", "deploy.tear_down_cleaning"]


def test_drivers_steps_run_there_too(house: building.House) -> None:
    parent, children = _family(house, 1)
    node = house.do(parent, "clean", clean_steps=[_on(children, "factory_reset", "bios")])
    assert (node.provision_state, node.last_error) == ("manageable", None)


def test_failure_names_the_child(house: building.House) -> None:
    parent, children = _family(house, 1)
    bad = house.add("enroll", parent_node=parent, driver_info={"fake_faults": {"bios.factory_reset": "it burns"}})
    node = house.do(parent, "clean", clean_steps=[_on([*children, bad], "factory_reset", "bios")])
    assert node.provision_state == "clean failed"
    assert f"on child node {bad}" in node.last_error and "it burns" in node.last_error
    assert house.node(bad).reservation is None


def test_what_does_not_end_at_once_fails_and_names_the_child(house: building.House) -> None:
    parent, children = _family(house, 1, driver_info={"fake_waits": {"bios.factory_reset": 60}})
    node = house.do(parent, "clean", clean_steps=[_on(children, "factory_reset", "bios")])
    assert node.provision_state == "clean failed"
    assert f"on child node {children[0]}" in node.last_error and "does not end at once" in node.last_error
    assert house.node(children[0]).reservation is None


# fmt: off
@pytest.mark.parametrize(("name", "interface", "args", "says"), [
    ("hold",            "power",  {},                "held only while a step runs"),
    ("wait",            "power",  {},                "held only while a step runs"),
    ("wait",            "power",  {"seconds": 3600}, "held only while a step runs"),
    ("nothing_like_it", "vendor", {},                "has no clean step 'nothing_like_it'"),
    ("factory_reset",   "bios",   {"x": 1},          "does not take the argument 'x'"),
])
# fmt: on
def test_what_cannot_run_there_is_refused_before_anything_begins(house: building.House, name: str, interface: str,
                                                                 args: dict[str, Any], says: str) -> None:
    parent, children = _family(house)
    with pytest.raises(errors.Invalid) as caught:
        house.do(parent, "clean", clean_steps=[_on(children, name, interface, **args)])
    assert says in caught.value.text
    assert house.node(parent).provision_state == "manageable"


def test_strangers_are_no_children(house: building.House) -> None:
    parent, _children = _family(house)
    other = house.add("enroll")
    for named in ([other], []):
        with pytest.raises(errors.Invalid, match="child"):
            house.do(parent, "clean", clean_steps=[_on(named, "power_on")])


def test_a_child_that_is_held_is_waited_for_and_then_named(house: building.House) -> None:
    parent, children = _family(house, 1)
    means = house.conductors["one"].means
    with hold.hold(means, children[0], house.ctx, "something else"):
        node = house.do(parent, "clean", clean_steps=[_on(children, "power_on")])
    assert node.provision_state == "clean failed"
    assert f"on child node {children[0]}" in node.last_error and "something else" in node.last_error
    assert house.node(children[0]).power_state is None


def test_short_waits_pass_there(house: building.House) -> None:
    parent, children = _family(house, 1)
    node = house.do(parent, "clean", clean_steps=[_on(children, "wait", seconds=0.01)])
    assert (node.provision_state, node.last_error) == ("manageable", None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
def test_a_conductor_lost_at_any_write_leaves_no_child_behind(house: building.House, *, committed: bool) -> None:
    for at in range(2, 12):
        database = test_crash.Mortal(config.build(host="mortal", **house.overrides), at, committed=committed)
        house.conductor("mortal", database)
        parent, children = _family(house)
        with contextlib.suppress(SystemExit):
            house.start(parent, "clean", "mortal", clean_steps=[_on(children, "power_on")])
        house.settle("mortal")
        lived, begun = database.writes < at, committed or at > 2
        database.close()
        house.gone("mortal")
        house.sweep("takeover").run()
        house.settle()
        house.sweep("leftovers").run()
        node = house.node(parent)
        assert (node.provision_state, node.reservation, node.last_error) == ("manageable", None, None), at
        for ident in children:
            child = house.node(ident)
            assert (child.power_state, child.reservation) == ("power on" if begun else None, None), at
        if lived:
            return
    raise AssertionError("there are more writes than this test kills")
