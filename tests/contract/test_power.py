"""The promises of the power socket, on every implementation."""

import concurrent.futures
from collections.abc import Callable, Iterator

import pytest
from oslo_config import cfg

from baremetal import errors, states
from baremetal.drivers import interface, load, power, wires
from tests.contract import devices

EVERY: list[power.Power] = load.every("baremetal.power")
CASES = [pytest.param(found, target, before, id=f"{found.name}-{target}-from-{before}")
         for found in EVERY for target in states.POWER_TARGETS for before in ("power on", "power off")]
every = pytest.mark.parametrize("found", [pytest.param(found, id=found.name) for found in EVERY])
Chooser = Callable[[interface.Interface], devices.Device]


@pytest.fixture
def pool() -> Iterator[concurrent.futures.Executor]:
    """The caller's pool of ``read_later``."""
    with concurrent.futures.ThreadPoolExecutor(1) as made:
        yield made


@pytest.mark.parametrize(("found", "target", "before"), CASES)
def test_power_goes_where_told(found: power.Power, target: str, before: str, device: Chooser, conf: cfg.ConfigOpts,
                               lines: wires.Wires) -> None:
    tried = device(found)
    task = devices.task_for(tried, conf, lines, found)
    if target not in found.supported(task):
        pytest.skip("it says that it cannot")
    tried.switch(before)
    found.set(task, target)
    assert found.read(task) == states.POWER_TARGETS[target][0] == tried.power


@every
@pytest.mark.parametrize("target", ["power on", "power off"])
def test_on_and_off_may_be_repeated(found: power.Power, target: str, device: Chooser, conf: cfg.ConfigOpts,
                                    lines: wires.Wires) -> None:
    tried = device(found)
    task = devices.task_for(tried, conf, lines, found)
    found.set(task, target)
    found.set(task, target, 2)
    assert tried.power == target


@every
def test_read_later_is_read(found: power.Power, device: Chooser, conf: cfg.ConfigOpts, lines: wires.Wires,
                            pool: concurrent.futures.Executor) -> None:
    tried = device(found)
    task = devices.task_for(tried, conf, lines, found)
    for state in ("power on", "power off"):
        tried.switch(state)
        assert found.read_later(task, pool).result(60) == found.read(task) == state


@every
def test_reading_changes_nothing(found: power.Power, device: Chooser, conf: cfg.ConfigOpts, lines: wires.Wires) -> None:
    tried = device(found)
    task = devices.task_for(tried, conf, lines, found)
    before = tried.power
    task.node.clean()
    found.read(task)
    assert task.node.changes() == {}
    assert tried.power == before


@every
def test_unknown_target_is_refused(found: power.Power, device: Chooser, conf: cfg.ConfigOpts,
                                   lines: wires.Wires) -> None:
    tried = device(found)
    task = devices.task_for(tried, conf, lines, found)
    before = tried.power
    with pytest.raises(errors.BadField, match="zap"):
        found.set(task, "zap")
    assert tried.power == before
