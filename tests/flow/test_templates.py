"""Deploy templates in plans: chosen by the instance's traits, under the request and over the driver."""

from typing import Any

import pytest

from baremetal import errors
from baremetal.db import models
from tests.flow import agents, ramdisk, stock
from tests.flow import house as building

A, B = "CUSTOM_A", "CUSTOM_B"
RAID = ramdisk.step("create_configuration", 0, "raid")


def _node(house: building.House, *traits: str, state: str = "available") -> str:
    ident = house.add(state, instance_info={"traits": list(traits)} if traits else {})
    stock.has(house, ident, A, B)
    return ident


def _ran(house: building.House, ident: str) -> list[str]:
    return [name for name, _state in house.steps(ident)]


# fmt: off
MERGES: list[tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]], list[str], list[str]]] = [
    # templates, steps of the request, traits of the instance, what runs
    ({A: [stock.step("factory_reset", priority=150)]}, [], [A],
     ["deploy.prepare", "bios.factory_reset", "deploy.deploy"]),
    ({A: [stock.step("factory_reset", priority=50)]}, [], [A],
     ["deploy.prepare", "deploy.deploy", "bios.factory_reset"]),
    ({A: [stock.step("factory_reset", priority=150)]}, [], [],
     ["deploy.prepare", "deploy.deploy"]),
    ({A: [stock.step("factory_reset", priority=150)]}, [], [B],
     ["deploy.prepare", "deploy.deploy"]),
    # the request's wins, also by its priority
    ({A: [stock.step("factory_reset", priority=150)]}, [stock.step("factory_reset", priority=50)], [A],
     ["deploy.prepare", "deploy.deploy", "bios.factory_reset"]),
    ({A: [stock.step("factory_reset", priority=150)]}, [stock.step("factory_reset", priority=0)], [A],
     ["deploy.prepare", "deploy.deploy"]),
    # two templates at once; a reserved step
    ({A: [stock.step("factory_reset", priority=150)], B: [stock.step("power_on", "power", priority=10)]}, [], [A, B],
     ["deploy.prepare", "bios.factory_reset", "deploy.deploy", "power.power_on"]),
    # the driver's own step is left out
    ({A: [stock.step("deploy", "deploy", priority=0), stock.step("factory_reset", priority=1)]}, [], [A],
     ["deploy.prepare", "bios.factory_reset"]),
]
# fmt: on


@pytest.mark.parametrize("verb", ["deploy", "rebuild"])
@pytest.mark.parametrize(("templates", "wanted", "traits", "ran"), MERGES)
def test_request_over_template_over_driver(
        house: building.House, templates: dict[str, list[dict[str, Any]]], wanted: list[dict[str, Any]],
        traits: list[str], ran: list[str], verb: str) -> None:
    for name, steps in templates.items():
        stock.template(house, name, *steps)
    ident = _node(house, *traits, state="available" if verb == "deploy" else "active")
    node = house.do(ident, verb, deploy_steps=wanted)
    assert (node.provision_state, node.last_error) == ("active", None)
    assert _ran(house, ident) == ran


# fmt: off
REFUSALS: list[tuple[dict[str, list[dict[str, Any]]], Any, str]] = [
    ({}, ["CUSTOM_OTHER"], "CUSTOM_OTHER"),
    ({}, "CUSTOM_A", "must be a list"),
    ({}, [1], "must be a list"),
    ({A: [stock.step("nothing_like_it", priority=1)]}, [A], "Deploy template CUSTOM_A: The bios interface"),
    ({A: [stock.step("factory_reset", args={"x": 1}, priority=1)]}, [A], "does not take the argument 'x'"),
    ({A: [stock.step("deploy", "deploy", priority=7)]}, [A], "Deploy template CUSTOM_A: Step deploy.deploy is a core"),
    ({A: [stock.step("factory_reset", priority=1)], B: [stock.step("factory_reset", priority=2)]}, [A, B],
     "both have the step bios.factory_reset"),
    ({A: [stock.step("deploy", "deploy", priority=0)]}, [A], "No deploy steps are left"),
]
# fmt: on


@pytest.mark.parametrize(("templates", "traits", "says"), REFUSALS)
def test_refused_before_anything_changes(house: building.House, templates: dict[str, list[dict[str, Any]]], traits: Any,
                                         says: str) -> None:
    for name, steps in templates.items():
        stock.template(house, name, *steps)
    ident = house.add("available", instance_info={"traits": traits})
    stock.has(house, ident, A, B)
    before = vars(house.node(ident))
    with pytest.raises(errors.Invalid) as caught:
        house.do(ident, "deploy")
    assert says in caught.value.text
    assert {k: v for k, v in vars(house.node(ident)).items() if k[0] != "_"} == {
        k: v for k, v in before.items() if k[0] != "_"}
    assert house.rows(models.FLOWS) == []


def test_agents_steps_come_from_templates_too_and_outlive_the_template(house: building.House) -> None:
    deploy = ramdisk.Deploy(RAID, at_once=False)
    house.conductor("one", deploy=deploy)
    stock.template(house, A, stock.step("create_configuration", "raid", args={"delete_existing": True}, priority=90))
    ident = _node(house, A)
    house.do(ident, "deploy")
    assert house.node(ident).provision_state == "wait call-back"
    # who throws the template away now changes nothing that runs
    stock.empty(house, models.DEPLOY_TEMPLATES)
    agents.up(house, ident)
    assert [name for name, state in house.steps(ident)] == [
        "deploy.prepare", "deploy.deploy", "raid.create_configuration", "deploy.write_image", "deploy.boot_instance"]


def test_secret_arguments_reach_the_step_and_no_view(house: building.House) -> None:
    stock.template(house, A, stock.step(
        "apply_configuration", args={"settings": [{"name": "AdminPassword", "value": "geheim"}]}, priority=5))
    with house.database.read() as connection:
        row = connection.execute(models.DEPLOY_TEMPLATES.select()).one()
    assert "geheim" not in row.steps and "geheim" in row.steps_secrets
    ident = _node(house, A)
    house.do(ident, "deploy")
    assert "bios.apply_configuration" in _ran(house, ident)
    assert house.node(ident).driver_internal_info["fake_bios_settings"] == {"AdminPassword": "geheim"}
    assert not any("geheim" in one.step for one in house.rows(models.STEPS)), "the journal of what has ended"
