"""Runbooks on the conductor: what a request's becomes, and automated cleaning by one."""

from typing import Any

import pytest

from baremetal import errors
from baremetal.db import models
from tests.flow import agents, ramdisk, stock
from tests.flow import house as building

A = "CUSTOM_A"
#: what runbook "book" runs
BOTH = ["bios.cache_bios_settings", "bios.factory_reset"]
RESET, CACHE = stock.step("factory_reset", order=2), stock.step("cache_bios_settings", order=1)


def _house(tmp_path: Any, **options: Any) -> building.House:
    given = {f"conductor__automated_cleaning_{name}": value for name, value in options.items()}
    return building.House(f"sqlite:///{tmp_path / 'books.sqlite'}", **given)


def _ran(house: building.House, ident: str) -> list[str]:
    return [name for name, _state in house.steps(ident) if name.startswith(("bios", "vendor"))]


def _entries(house: building.House, ident: str) -> list[str]:
    rows = house.rows(models.HISTORY, node_id=house.node(ident).id)
    return [row.event for row in rows if row.event_type == "runbook"]


@pytest.mark.parametrize(("state", "verb"), [("manageable", "clean"), ("active", "service")])
def test_history_names_the_runbook_of_a_request(house: building.House, state: str, verb: str) -> None:
    steps = {"clean": RESET, "service": RESET}[verb]
    ident = house.add(state)
    node = house.do(ident, verb, **{f"{verb}_steps": [steps], "runbook": {"uuid": "u-1", "name": "book"}})
    assert (node.provision_state, node.last_error) == (state, None)
    assert _entries(house, ident) == ["Runbook book (u-1) runs"]


# fmt: off
SOURCES: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    # options, columns of the node, what runs
    ({},                                                              {}, ["vendor.log_passthrough"]),
    ({"runbook": "book"},                                             {}, ["vendor.log_passthrough"]),
    ({"step_source": "runbook", "runbook": "book"},                   {}, BOTH),
    ({"step_source": "hybrid", "runbook": "book"},                    {}, BOTH),
    ({"step_source": "hybrid"},                                       {}, ["vendor.log_passthrough"]),
    ({"step_source": "runbook", "runbook": "book", "runbook_by_resource_class": {"big": "other"}},
     {"resource_class": "big"},                                           ["bios.factory_reset"]),
    ({"step_source": "runbook", "runbook_by_resource_class": {"big": "other"}, "runbook_from_node": True},
     {"resource_class": "big", "driver_info": {"cleaning_runbook": "book"}}, BOTH),
    ({"step_source": "runbook", "runbook": "other"},
     {"driver_info": {"cleaning_runbook": "book"}},                       ["bios.factory_reset"]),
    ({"step_source": "runbook", "runbook": "stranger", "runbook_validate_traits": False}, {}, ["bios.factory_reset"]),
    ({"step_source": "runbook", "runbook": A},                        {}, ["bios.factory_reset"]),
]
LACKS: list[tuple[dict[str, Any], str]] = [
    ({},                       "no option names one"),
    ({"runbook": "nobody"},    "'nobody', does not exist"),
    ({"runbook": "stranger"},  "not approved"),
    ({"runbook": "broken"},    "has no clean step 'nothing_like_it'"),
]
# fmt: on


def _shelf(house: building.House) -> None:
    stock.runbook(house, "book", RESET, CACHE, traits=(A,))
    stock.runbook(house, "other", RESET, traits=(A, "CUSTOM_B"))
    stock.runbook(house, "stranger", RESET, traits=("CUSTOM_B",))
    stock.runbook(house, "broken", stock.step("nothing_like_it", order=1), traits=(A,))
    # of the time when a runbook's name was its trait
    stock.runbook(house, A, RESET)


@pytest.mark.parametrize(("options", "columns", "ran"), SOURCES)
@pytest.mark.parametrize(("state", "verb"), [("manageable", "provide"), ("active", "delete")])
def test_automated_cleaning_runs_what_the_options_say(
        tmp_path: Any, options: dict[str, Any], columns: dict[str, Any], ran: list[str], state: str, verb: str) -> None:
    house = _house(tmp_path, **options)
    _shelf(house)
    ident = house.add(state, **columns)
    stock.has(house, ident, A)
    node = house.do(ident, verb)
    assert (node.provision_state, node.last_error) == ("available", None)
    assert _ran(house, ident) == ran
    assert len(_entries(house, ident)) == (ran != ["vendor.log_passthrough"])
    house.close()


@pytest.mark.parametrize(("options", "says"), LACKS)
def test_provide_without_the_runbook_is_refused_and_delete_frees_the_node_first(tmp_path: Any, options: dict[str, Any],
                                                                               says: str) -> None:
    house = _house(tmp_path, step_source="runbook", **options)
    _shelf(house)
    ident = house.add("manageable")
    stock.has(house, ident, A)
    with pytest.raises(errors.Invalid) as caught:
        house.do(ident, "provide")
    assert says in caught.value.text
    assert house.node(ident).provision_state == "manageable"
    used = house.add("active", instance_uuid="1d3b6f4e-2c0e-4a53-9d2f-5f1f7f0b8a11")
    stock.has(house, used, A)
    node = house.do(used, "delete")
    assert (node.provision_state, node.instance_uuid) == ("clean failed", None)
    assert says in node.last_error
    house.close()


def test_a_runbook_changed_meanwhile_changes_nothing_that_runs(tmp_path: Any) -> None:
    house = _house(tmp_path, step_source="runbook", runbook="book")
    deploy = ramdisk.Deploy(ramdisk.step("erase_devices", 10), at_once=True)
    house.conductor("one", deploy=deploy)
    stock.runbook(house, "book", stock.step("erase_devices", "deploy", order=1), RESET, traits=(A,))
    ident = house.add("manageable")
    stock.has(house, ident, A)
    house.do(ident, "provide")
    assert house.node(ident).provision_state == "clean wait"
    stock.empty(house, models.RUNBOOK_TRAITS)
    stock.empty(house, models.RUNBOOKS)
    agents.up(house, ident)
    house.settle()
    assert [name for name, state in house.steps(ident)] == [
        "deploy.prepare_cleaning", "deploy.erase_devices", "bios.factory_reset", "deploy.tear_down_cleaning"]
    house.close()


def test_without_a_ramdisk_none_is_booted(tmp_path: Any) -> None:
    house = _house(tmp_path, step_source="runbook", runbook="book")
    stock.runbook(house, "book", RESET, traits=(A,), disable_ramdisk=True)
    ident = house.add("manageable")
    stock.has(house, ident, A)
    house.do(ident, "provide")
    assert house.steps(ident) == [("bios.factory_reset", "done")]
    house.close()
