"""Two who work on the same node at the same moment, made to meet at the worst one: nothing is done twice or half."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from baremetal import errors, states
from baremetal.conductor import flow
from baremetal.db import flows
from tests import moments
from tests.flow import agents, parts, ramdisk
from tests.flow import house as building

#: the deaths here are threads that end by SystemExit
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_worker_that_wakes_while_another_one_takes_over_is_seen(house: building.House) -> None:
    """Its lease has run out, but is its own until the other has taken it: what it writes until then counts."""
    slow, fast = parts.Deploy(), parts.Deploy()
    reached, go_on = slow.gate("first")
    reached_third, go_on_third = slow.gate("third")
    house.conductor("two", deploy=slow)
    database = moments.Database(house.conf)
    house.conductor("one", database, deploy=fast)
    ident = house.add("available")
    house.start(ident, "deploy", "two")
    assert reached.wait(60)
    asleep = house.conductors["two"]
    house.gone("two")

    def wake() -> None:
        """The other one has read node and journal, and is about to take them."""
        go_on.set()
        assert reached_third.wait(60)
    database.before_write = wake
    house.sweep("takeover").run()
    house.settle()
    go_on_third.set()
    assert asleep.means.pool.drain(60)
    database.close()
    assert house.node(ident).provision_state == "active", house.node(ident).last_error
    assert (slow.calls, fast.calls) == (["prepare", "first", "second", "third"], ["third"])


def test_a_lease_that_ended_is_enough_its_holder_may_seem_alive(house: building.House) -> None:
    """A lease ends before the heartbeat does; its heir does not wait until the ring knows that, too."""
    deploy = parts.Deploy()
    idents = building.forsaken(house, deploy, 12)
    section = house.conf.conductor
    assert section.lease_seconds + 1 < section.heartbeat_timeout
    del house.conductors["two"]
    house.later(section.lease_seconds + 1)
    house.sweep("takeover").run()
    house.settle()
    assert {house.node(ident).provision_state for ident in idents} == {"active"}


def test_a_verb_does_not_overtake_the_end_of_a_wait_whose_worker_was_lost(house: building.House) -> None:
    """A deadline fails the flow while the node still shows that it waits; deleted meanwhile, it would have two."""
    deploy = parts.Deploy()
    house.conductor("one", deploy=deploy)
    ident = house.add("available")
    house.do(ident, "deploy", deploy_steps=[{"interface": "deploy", "step": "waits", "args": {}, "priority": 10}])
    deploy.dies["clean_up"] = 1
    house.later(101)
    house.sweep("takeover").run()
    house.settle()
    assert house.node(ident).provision_state == states.DEPLOYWAIT and house.flow(ident).state == flows.RUNNING
    house.later(house.conf.conductor.lease_seconds + 1)
    with pytest.raises(errors.NodeLocked):
        house.start(ident, "delete")
    house.sweep("takeover").run()
    house.settle()
    assert house.node(ident).provision_state == states.DEPLOYFAIL
    assert house.do(ident, "delete").provision_state == states.AVAILABLE


def test_a_heartbeat_does_not_end_a_wait_for_time(house: building.House) -> None:
    deploy = ramdisk.Deploy()
    house.conductor("one", deploy=deploy)
    ident = house.add("manageable")
    house.do(ident, "clean", clean_steps=[{"interface": "deploy", "step": "wait", "args": {"seconds": 600}}])
    token = agents.up(house, ident)
    deadline = house.flow(ident).deadline
    assert house.flow(ident).awaits == "time to pass"
    for version in (ramdisk.VERSION, ramdisk.VERSION, "9.9.9"):
        house.later(100)
        agents.beat(house, ident, token, agent_version=version)
        assert (house.node(ident).provision_state, house.flow(ident).deadline) == ("clean wait", deadline)
    house.later(301)
    house.sweep("takeover").run()
    house.settle()
    assert house.node(ident).provision_state == "manageable"


def test_a_lookup_does_not_prolong_a_wait_for_time(house: building.House) -> None:
    house.conductor("one", deploy=ramdisk.Deploy())
    ident = house.add("available")
    house.do(ident, "deploy", deploy_steps=[{"interface": "deploy", "step": "wait", "args": {"seconds": 600},
                                             "priority": 110}])
    deadline = house.flow(ident).deadline
    house.later(100)
    agents.lookup(house, ident)
    assert (house.flow(ident).awaits, house.flow(ident).deadline) == ("time to pass", deadline)


class Slow(ramdisk.Deploy):
    """Something happens once while its agent says whether it is ready."""

    then: Callable[[], object] | None = None

    def execute_ready(self, task: Any, kind: str, step: Any) -> bool:
        """Ask, then let it happen."""
        said = super().execute_ready(task, kind, step)
        happening, self.then = self.then, None
        if happening is not None:
            happening()
        return said


def test_a_wait_is_not_given_the_time_of_the_one_before(house: building.House) -> None:
    """A heartbeat that was to prolong a wait comes when the flow waits for something else already."""
    deploy = Slow(ramdisk.step("erase", 10))
    house.conductor("one", deploy=deploy)
    ident = house.add("manageable")
    house.do(ident, "clean", clean_steps=[{"interface": "deploy", "step": "erase"},
                                          {"interface": "deploy", "step": "wait", "args": {"seconds": 40000}}])
    token = agents.up(house, ident)
    assert deploy.until is not None
    deploy.until.cancel()       # nobody watches it
    deploy.ended = False
    house.later(60)

    def ended() -> None:
        """It has ended just after it said that it works on, and somebody else notices first."""
        deploy.ended = True
        flow.resume(house.conductors["one"].means, ident, house.ctx)
        wait_for(lambda: house.flow(ident).awaits == "time to pass")
    deploy.then = ended
    agents.beat(house, ident, token)
    left = house.flow(ident).deadline - house.clock.now()
    assert left.total_seconds() == 40000


def test_a_silent_boot_whose_agent_asks_at_last_is_not_begun_again(house: building.House) -> None:
    """It is looked up between the sweep's finding and its acting, which are far apart where many are silent."""
    deploy = ramdisk.Deploy(ramdisk.step("erase", 10))
    database = moments.Database(house.conf)
    house.conductor("two")
    house.conductor("one", database, deploy=deploy)
    ident = house.add("manageable")
    house.do(ident, "provide")
    house.later(house.conf.conductor.boot_retry_after + 1)
    asked: list[str] = []
    database.after_read = lambda: asked.append(agents.lookup(house, ident, "two", boot=agents.boot(house, ident)))
    house.sweep("boots").run()
    house.settle()
    assert len(asked) == 1 and deploy.calls.count("prepare_cleaning") == 1
    agents.beat(house, ident, asked[0])
    assert "learn" in deploy.calls
    database.close()
