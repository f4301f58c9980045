"""What agents say, and from whom it is taken: lookups, heartbeats, reports."""

import contextlib
import hashlib
import logging
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal import errors, states
from baremetal.db import inventory, models, record
from tests import moments
from tests.flow import agents, ramdisk
from tests.flow import house as building

LOOKS = {"deploying", "wait call-back", "cleaning", "clean wait", "inspecting", "inspect wait", "rescuing",
         "rescue wait", "servicing", "service wait"}


@pytest.mark.parametrize("state", states.STATES)
def test_lookup_only_where_an_agent_is_awaited(house: building.House, state: str) -> None:
    ident = house.add(state)
    if state not in LOOKS:
        with pytest.raises(errors.NotFound):
            agents.lookup(house, ident)
        assert "agent_secret_token" not in house.node(ident).driver_internal_info
        return
    token = agents.lookup(house, ident)
    assert len(token) == 43
    assert agents.lookup(house, ident) == "******", "once per boot"
    node = house.node(ident)
    assert node.driver_internal_info["agent_secret_token"] == token
    assert (node.reservation, node.provision_state) == (None, state)
    assert token not in str(house.rows(models.NODES, uuid=ident)[0].driver_internal_info)


def test_lookup_waits_a_little_for_a_node_that_is_being_let_go(house: building.House) -> None:
    ident = house.add("wait call-back", reservation="other", lease_token="t", lease_epoch=1, lease_why="power",
                      lease_since=house.clock.now(), lease_deadline=house.clock.now().replace(year=2100))
    began = house.clock.tick()
    with pytest.raises(errors.NodeLocked) as refused:
        agents.lookup(house, ident)
    assert 2 <= house.clock.tick() - began < 3
    assert "locked by host other for power" in refused.value.text
    house.set(ident, driver_internal_info={"agent_url": ramdisk.URL})
    began = house.clock.tick()
    with pytest.raises(errors.NodeLocked):
        agents.beat(house, ident, "x" * 43)
    assert house.clock.tick() == began, "an agent that runs comes again soon; nobody waits for it"


# --- boots ----------------------------------------------------------------------------------------

def _again(house: building.House, ident: str, host: str = "one") -> None:
    """Give the boot up and begin another one."""
    house.do(ident, "abort", host)
    house.set(ident, maintenance=False)
    house.do(ident, "manage", host)
    house.do(ident, "provide", host)
    assert house.node(ident).provision_state == "clean wait"


def _awaited(house: building.House) -> tuple[ramdisk.Deploy, str]:
    house.clock = moments.Clock()
    deploy = ramdisk.Deploy(ramdisk.step("erase", 10))
    house.conductor("one", deploy=deploy)
    ident = house.add("manageable")
    house.do(ident, "provide")
    return deploy, ident


def _when_it_waits(house: building.House, go_on: threading.Event) -> None:
    """Let the worker end what it does when somebody begins to wait for the node."""
    def happening() -> None:
        go_on.set()
        house.settle()
    assert isinstance(house.clock, moments.Clock)
    house.clock.sleeping = happening


def test_what_an_earlier_boots_agent_asked_late_gets_no_token(house: building.House) -> None:
    """It was on its way between API and conductor while the node began to boot anew."""
    _deploy, ident = _awaited(house)
    earlier = agents.boot(house, ident)
    _again(house, ident)
    now = agents.boot(house, ident)
    assert earlier and now and earlier != now
    with pytest.raises(errors.Conflict, match="boots anew since this was asked"):
        agents.lookup(house, ident, boot=earlier)
    assert "agent_secret_token" not in house.node(ident).driver_internal_info
    token = agents.lookup(house, ident, boot=now)
    assert len(token) == 43, "the agent that is awaited gets it"
    agents.beat(house, ident, token)
    assert "agent_url" in house.node(ident).driver_internal_info


@pytest.mark.parametrize("told", [True, False])
def test_an_earlier_boots_agent_that_waits_for_a_held_node_gets_no_token(
        house: building.House, *, told: bool) -> None:
    """Also where the API that was asked is of an older release and tells of no boot."""
    deploy, ident = _awaited(house)
    earlier = agents.boot(house, ident)
    house.do(ident, "abort")
    house.set(ident, maintenance=False)
    house.do(ident, "manage")
    reached, go_on = deploy.gate("before prepare_cleaning")
    house.start(ident, "provide")
    assert reached.wait(60) and agents.boot(house, ident) == earlier
    _when_it_waits(house, go_on)
    with pytest.raises(errors.Conflict, match="boots anew since this was asked"):
        agents.lookup(house, ident, **({"boot": earlier} if told else {}))
    assert house.node(ident).provision_state == "clean wait"
    assert len(agents.lookup(house, ident, boot=agents.boot(house, ident))) == 43


def test_an_agent_that_is_quicker_than_the_note_that_it_is_awaited_gets_its_token(house: building.House) -> None:
    """Its boot is written before the server is switched on, so that it is told from an earlier one's agent."""
    deploy, ident = _awaited(house)
    house.do(ident, "abort")
    house.set(ident, maintenance=False)
    house.do(ident, "manage")
    reached, go_on = deploy.gate("prepare_cleaning")    # it has been switched on
    house.start(ident, "provide")
    assert reached.wait(60)
    now = agents.boot(house, ident)
    _when_it_waits(house, go_on)
    assert len(agents.lookup(house, ident, boot=now)) == 43


def test_a_restart_by_hand_is_another_boot(house: building.House) -> None:
    _deploy, ident = _awaited(house)
    house.set(ident, provision_state="wait call-back")      # while cleaning, the power is the steps'
    earlier = agents.boot(house, ident)
    house.managers["one"].power(house.ctx, ident, "rebooting")
    house.settle()
    with pytest.raises(errors.Conflict):
        agents.lookup(house, ident, boot=earlier)
    assert len(agents.lookup(house, ident, boot=agents.boot(house, ident))) == 43


def _waiting(house: building.House) -> tuple[ramdisk.Deploy, str, str]:
    deploy = ramdisk.Deploy(ramdisk.step("erase", 10))
    house.conductor("one", deploy=deploy)
    ident = house.add("manageable")
    house.do(ident, "provide")
    return deploy, ident, agents.lookup(house, ident)


#: (what is said otherwise, words of the refusal)
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"agent_token": None}, "agent_token is missing"),
    ({"agent_token": ""}, "agent_token is missing"),
    ({"agent_token": 3}, "agent_token is missing"),
    ({"agent_token": "******"}, "agent_token is not the one"),
    ({"agent_token": "ü" * 43}, "agent_token is not the one"),
    ({"agent_version": None}, "agent_version is missing"),
    ({"callback_url": "http://10.0.0.9:9999"}, "without TLS, which [agent]require_tls forbids"),
    ({"callback_url": "ftp://10.0.0.9"}, "It is http(s)://address:port"),
    ({"callback_url": "https://10.0.0.10:9999"}, "The address of an agent stays the same"),
    ({"agent_verify_ca": "another"}, "The certificate of an agent stays the same"),
]


@pytest.mark.parametrize(("more", "words"), WRONG)
def test_heartbeat_that_is_not_the_agents_changes_nothing(house: building.House, caplog: pytest.LogCaptureFixture,
                                                          more: dict[str, Any], words: str) -> None:
    caplog.set_level(logging.DEBUG)
    _deploy, ident, token = _waiting(house)
    agents.beat(house, ident, token)
    was, flow = vars(house.node(ident)), house.flow(ident)
    with pytest.raises(errors.HeartbeatRefused) as refused:
        agents.beat(house, ident, token, **more)
    assert words in refused.value.text
    assert (vars(house.node(ident)), house.flow(ident)) == (was, flow)
    assert token not in refused.value.text + caplog.text


def test_heartbeat_of_a_boot_that_nobody_has_looked_up(house: building.House) -> None:
    ident = house.add("clean wait")
    with pytest.raises(errors.HeartbeatRefused) as refused:
        agents.beat(house, ident, "x" * 43)
    assert "no agent has looked it up" in refused.value.text


def test_heartbeat_without_tls_where_that_is_allowed(house: building.House) -> None:
    house.overrides["agent__require_tls"] = False
    _deploy, ident, token = _waiting(house)
    house.set(ident, driver_internal_info={})
    token = agents.lookup(house, ident)
    said = {"callback_url": "http://10.0.0.9:9999", "agent_version": "1", "agent_token": token}
    house.managers["one"].table()["heartbeat"](house.ctx, node=ident, beat=said)
    house.settle()


@pytest.mark.parametrize("state", [state for state in states.STATES if state not in (
    "wait call-back", "clean wait", "rescue wait", "service wait", "deploying", "cleaning", "rescuing", "servicing",
    "deploy hold", "clean hold", "service hold")])
def test_heartbeat_elsewhere_is_ignored_unless_its_token_is_wrong(house: building.House, state: str) -> None:
    ident = house.add(state)
    with pytest.raises(errors.HeartbeatRefused):
        agents.beat(house, ident, "whatever")
    house.set(ident, driver_internal_info_secrets='{"agent_secret_token":"tttt"}',
              driver_internal_info={"agent_secret_token": record.MASK})
    was = vars(house.node(ident))
    with pytest.raises(errors.HeartbeatRefused):
        agents.beat(house, ident, "whatever")
    agents.beat(house, ident, "tttt")
    assert vars(house.node(ident)) == was


@pytest.mark.parametrize("state", ["deploying", "deploy hold", "clean wait", "service hold"])
def test_heartbeat_where_nothing_waits_is_noted_once(house: building.House, state: str) -> None:
    ident = house.add(state, driver_internal_info={"agent_secret_token": "t" * 43})
    agents.beat(house, ident, "t" * 43)
    node = house.node(ident)
    assert node.driver_internal_info["agent_url"] == ramdisk.URL
    assert node.driver_internal_info["agent_last_heartbeat"] == house.clock.now().isoformat() + "+00:00"
    assert (node.provision_state, node.reservation) == (state, None)
    agents.beat(house, ident, "t" * 43)
    assert house.node(ident).generation == node.generation


@pytest.mark.parametrize(("allowed", "after"), [(True, "clean wait"), (False, "clean failed")])
def test_heartbeat_during_maintenance(house: building.House, after: str, *, allowed: bool) -> None:
    house.overrides["conductor__allow_provisioning_in_maintenance"] = allowed
    _deploy, ident, token = _waiting(house)
    house.set(ident, maintenance=True, maintenance_reason="fans")
    agents.beat(house, ident, token)
    node = house.node(ident)
    assert node.provision_state == after
    assert ("agent_url" in node.driver_internal_info) != allowed
    assert allowed or "fans" in node.last_error


def test_held_node_answers_a_heartbeat_with_its_holder(house: building.House) -> None:
    deploy, ident, token = _waiting(house)
    reached, go_on = deploy.gate("learn")
    agents_beat = house.managers["one"].table()["heartbeat"]
    said = {"callback_url": ramdisk.URL, "agent_version": "1", "agent_token": token}
    agents_beat(house.ctx, node=ident, beat=said)
    assert reached.wait(60)
    with pytest.raises(errors.NodeLocked) as refused:
        agents_beat(house.ctx, node=ident, beat=said)
    assert "locked by host one" in refused.value.text
    go_on.set()
    house.settle()


def test_first_heartbeat_is_one_transaction(house: building.House) -> None:
    """What is noted, the milestone, the move and the journal stand or fall together."""
    deploy, ident, token = _waiting(house)
    reached, go_on = deploy.gate("learn")
    house.managers["one"].table()["heartbeat"](house.ctx, node=ident, beat={
        "callback_url": ramdisk.URL, "agent_version": "1", "agent_token": token})
    node = house.node(ident)
    assert node.provision_state == "cleaning" and node.driver_internal_info["agent_url"] == ramdisk.URL
    assert [row.name for row in house.rows(models.MILESTONES)][-1] == "agent called back"
    assert reached.wait(60)
    go_on.set()
    house.settle()


# --- reports --------------------------------------------------------------------------------------

def _report(house: building.House, ident: str, **more: Any) -> None:
    report = {"inventory": {
        "interfaces": [{"name": "eth0", "mac_address": "52:54:00:00:00:01", "ipv4_address": "10.0.0.9",
                        "has_carrier": True}],
        "cpu": {"count": 8, "architecture": "x86_64"}, "memory": {"physical_mb": 4096}, "disks": [],
        "boot": {"current_boot_mode": "uefi", "pxe_interface": "52:54:00:00:00:01"}, "bmc_address": "10.0.0.1"}, **more}
    assert inventory.store_pending(house.database, house.node(ident).id, record.dump(report), house.clock.now(), {})


def _inspected(house: building.House) -> tuple[ramdisk.Inspect, str]:
    inspect = ramdisk.Inspect()
    house.conductor("one", inspect=inspect)
    ident = house.add("manageable")
    _report(house, ident, error="an old one that came too late")
    house.do(ident, "inspect")
    assert house.node(ident).provision_state == "inspect wait"
    return inspect, ident


def _told(house: building.House, ident: str, refused: type[errors.Fault] | None = None, **told: str) -> None:
    """Tell of a report, as the API does; ``refused`` is the fault that it should be answered with."""
    with pytest.raises(refused) if refused else contextlib.nullcontext():
        house.managers["one"].table()["continue_inspection"](house.ctx, node=ident, **told)
    house.settle()


def test_report_becomes_properties_ports_and_inventory(house: building.House) -> None:
    inspect, ident = _inspected(house)
    agents.beat(house, ident, agents.lookup(house, ident))
    _report(house, ident)
    _told(house, ident)
    node = house.node(ident)
    assert (node.provision_state, node.reservation) == ("manageable", None)
    assert (node.properties["cpu_arch"], node.properties["memory_mb"]) == ("x86_64", 4096)
    assert [port.address for port in house.rows(models.PORTS)] == ["52:54:00:00:00:01"]
    with house.database.read() as connection:
        stored = connection.execute(sa.select(models.INVENTORY)).one()
    assert stored.pending is None and record.load(stored.inventory)["cpu"]["count"] == 8
    assert inspect.calls == ["inspect", "leave"]
    assert [row.name for row in house.rows(models.MILESTONES)] == ["agent looked up", "inspection report came"]
    # again: nothing is made twice
    house.do(ident, "inspect")
    _report(house, ident)
    _told(house, ident)
    assert house.node(ident).provision_state == "manageable"
    assert len(house.rows(models.PORTS)) == 1


def test_report_that_comes_before_it_is_awaited_comes_again(house: building.House) -> None:
    ident = house.add("inspecting")
    with pytest.raises(errors.Conflict, match="Try again"):
        _told(house, ident)


def test_report_of_a_failure(house: building.House) -> None:
    inspect, ident = _inspected(house)
    _report(house, ident, error="no disks at all")
    _told(house, ident)
    node = house.node(ident)
    assert node.provision_state == "inspect failed"
    assert "no disks at all" in node.last_error
    assert inspect.calls == ["inspect", "leave"]
    assert house.rows(models.PORTS) == []


@pytest.mark.parametrize("owner", [None, "another"])
def test_report_with_an_interface_that_is_another_nodes(house: building.House, owner: str | None) -> None:
    """Who owns the node is told which other one, if that is its owner's, too."""
    _inspect, ident = _inspected(house)
    other = house.add()
    with house.database.write() as connection:
        connection.execute(sa.update(models.NODES).where(models.NODES.c.uuid == other).values(owner=owner))
        connection.execute(sa.insert(models.PORTS).values(
            uuid="p", node_id=house.node(other).id, address="52:54:00:00:00:01", created_at=house.clock.now()))
    _report(house, ident)
    _told(house, ident)
    node = house.node(ident)
    assert node.provision_state == "inspect failed"
    named = "a node of another owner" if owner else f"node {other}"
    assert f"52:54:00:00:00:01, which is a port of {named} already" in node.last_error
    assert (other in node.last_error) == (owner is None)


def _digest(house: building.House, ident: str) -> str:
    with house.database.read() as connection:
        text = inventory.pending(connection, house.node(ident).id)
    assert text is not None
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_report_of_an_earlier_inspection_ends_no_later_one(house: building.House) -> None:
    """It was stored, then the inspection was given up and begun anew before the conductor was told."""
    _inspect, ident = _inspected(house)
    _report(house, ident)
    told = {"boot": agents.boot(house, ident), "report": _digest(house, ident)}
    house.do(ident, "abort")
    house.do(ident, "inspect")
    _told(house, ident, errors.Conflict, **told)
    _told(house, ident, errors.Conflict)        # from an API of an older release
    assert house.node(ident).provision_state == "inspect wait"
    _report(house, ident)
    _told(house, ident, boot=agents.boot(house, ident), report=_digest(house, ident))
    assert house.node(ident).properties["memory_mb"] == 4096


def test_the_report_that_was_answered_is_the_one_that_is_worked_on(house: building.House) -> None:
    _inspect, ident = _inspected(house)
    _report(house, ident)
    first = _digest(house, ident)
    _report(house, ident, error="somebody else's words")
    _told(house, ident, errors.Conflict, report=first)
    assert house.node(ident).provision_state == "inspect wait"
    _report(house, ident)
    _told(house, ident, report=first)
    assert house.node(ident).last_error is None
    _told(house, ident, errors.NotFound, report=first)      # again: it is done


def test_aborted_inspection_leaves_nothing(house: building.House) -> None:
    inspect, ident = _inspected(house)
    assert house.do(ident, "abort").provision_state == "inspect failed"
    assert inspect.calls == ["inspect", "abort", "leave"]
    _report(house, ident)
    with pytest.raises(errors.NotFound):
        _told(house, ident)
