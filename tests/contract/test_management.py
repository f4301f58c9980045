"""The promises of the management socket, on every implementation."""

from collections.abc import Callable

import pytest
from oslo_config import cfg

from baremetal import errors
from baremetal.drivers import interface, load, management, wires
from tests.contract import devices

EVERY: list[management.Management] = load.every("baremetal.management")
every = pytest.mark.parametrize("found", [pytest.param(found, id=found.name) for found in EVERY])
Chooser = Callable[[interface.Interface], devices.Device]


@every
@pytest.mark.parametrize("persistent", [False, True])
def test_boot_device_is_what_was_set(found: management.Management, persistent: bool, device: Chooser,
                                     conf: cfg.ConfigOpts, lines: wires.Wires) -> None:
    task = devices.task_for(device(found), conf, lines, found)
    supported = found.supported_boot_devices(task)
    assert supported and set(supported) <= set(management.BOOT_DEVICES)
    for wanted in supported:
        found.set_boot_device(task, wanted, persistent=persistent)
        found.set_boot_device(task, wanted, persistent=persistent)
        told, lasts = found.boot_device(task)
        assert told in supported and lasts in (True, False)
        if found.needs:
            assert (told, lasts) == (wanted, persistent)


@every
def test_other_boot_devices_are_refused(found: management.Management, device: Chooser, conf: cfg.ConfigOpts,
                                        lines: wires.Wires) -> None:
    task = devices.task_for(device(found), conf, lines, found)
    for wanted in (set(management.BOOT_DEVICES) | {"zap"}) - set(found.supported_boot_devices(task)):
        with pytest.raises(errors.BadField, match=wanted):
            found.set_boot_device(task, wanted)


@every
def test_indicators_tell_a_state_that_they_list(found: management.Management, device: Chooser, conf: cfg.ConfigOpts,
                                                lines: wires.Wires) -> None:
    task = devices.task_for(device(found), conf, lines, found)
    try:
        listed = found.indicators(task)
    except errors.Unsupported:
        return
    for component, lamps in listed.items():
        for lamp, facts in lamps.items():
            assert found.indicator(task, component, lamp) in (*facts["states"], "unknown")
            for state in [] if facts["readonly"] or not found.needs else facts["states"]:
                found.set_indicator(task, component, lamp, state)
                assert found.indicator(task, component, lamp) == state
    with pytest.raises(errors.NotFound):
        found.indicator(task, "chassis", "lantern")


@every
def test_readings_have_their_form_or_are_unsupported(found: management.Management, device: Chooser,
                                                     conf: cfg.ConfigOpts, lines: wires.Wires) -> None:
    task = devices.task_for(device(found), conf, lines, found)
    for read, form in ((found.sensors, dict), (found.event_log, list), (found.info, dict)):
        try:
            assert isinstance(read(task), form)
        except errors.Unsupported:
            assert not found.needs
