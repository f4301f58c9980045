"""Secrets in the arguments of steps: the journal has them while it needs them, and no longer; nobody is shown them."""

import json
import pathlib
import uuid
from typing import Any

import pytest

from baremetal.db import models
from tests.flow import house as building

SECRET = f"geheim-{uuid.uuid4().hex}"
STEP = {"interface": "vendor", "step": "log_passthrough", "args": {
    "admin_password": SECRET, "listed": [{"token": SECRET}], "plain": "seen"}}


@pytest.fixture
def house(tmp_path: pathlib.Path) -> Any:
    made = building.House(f"sqlite:///{tmp_path / 'flow.sqlite'}", enabled_vendor_interfaces=["no-vendor", "fake"])
    yield made
    made.close()


def journal(house: building.House) -> str:
    """All that the tables of the journal hold."""
    return json.dumps([[str(value) for value in row] for table in (
        models.FLOWS, models.STEPS, models.HISTORY, models.MILESTONES, models.EVENTS) for row in house.rows(table)])


def test_an_ended_flow_has_no_secrets(house: building.House, caplog: pytest.LogCaptureFixture) -> None:
    ident = house.add("manageable", vendor_interface="fake")
    assert house.do(ident, "clean", clean_steps=[STEP]).provision_state == "manageable"
    assert SECRET not in journal(house) and "seen" in journal(house)
    house.set(ident, driver_info={"fake_faults": {"vendor.log_passthrough": "no"}})
    assert house.do(ident, "clean", clean_steps=[STEP]).provision_state == "clean failed"
    assert SECRET not in journal(house)
    assert SECRET not in caplog.text


def test_a_flow_that_is_held_keeps_its_own_until_it_ends(house: building.House) -> None:
    ident = house.add("manageable", vendor_interface="fake")
    held = house.do(ident, "clean", clean_steps=[STEP, {"interface": "power", "step": "hold"}, STEP])
    assert held.provision_state == "clean hold"
    # the steps that are still to come need their arguments, whoever does them
    assert SECRET in journal(house)
    assert SECRET not in json.dumps(held.clean_step)
    house.do(ident, "abort")
    assert house.node(ident).provision_state == "clean failed"
    assert SECRET not in journal(house)


def test_a_step_that_waits_shows_its_arguments_without_secrets(house: building.House) -> None:
    ident = house.add("manageable", vendor_interface="fake", driver_info={"fake_waits": {"vendor.log_passthrough": 60}})
    held = house.do(ident, "clean", clean_steps=[STEP])
    assert held.provision_state == "clean wait"
    assert SECRET not in json.dumps(held.clean_step) and held.clean_step["args"]["plain"] == "seen"


def test_a_flow_whose_place_another_takes_has_none(house: building.House) -> None:
    ident = house.add("active", vendor_interface="fake", driver_info={"fake_waits": {"vendor.log_passthrough": 60}})
    assert house.do(ident, "service", service_steps=[STEP]).provision_state == "service wait"
    assert SECRET in journal(house)
    house.do(ident, "delete")
    assert SECRET not in journal(house)
