"""Rescue and inspection by the agent, and passwords as shadow files hold them."""

import base64
from pathlib import Path

import pytest

from baremetal import errors, steps
from baremetal.drivers import boot, task
from baremetal.drivers.agent import boots, inspect, logs, password, rescue
from tests.unit.clients.agent import server
from tests.unit.drivers.agent.conftest import Make

RESCUE, INSPECT = rescue.AgentRescue(), inspect.AgentInspect()


class Noting(boot.Boot):
    """A boot interface that remembers what it was asked."""

    name = "noting"
    asked: list[tuple[str, dict[str, str]]]

    def __init__(self) -> None:
        self.asked = []

    def prepare_ramdisk(self, task: task.Task, parameters: object, mode: str) -> None:
        """Note it."""
        self.asked.append((mode, dict(parameters)))  # type: ignore[call-overload]

    def clean_up_ramdisk(self, task: task.Task, mode: str) -> None:
        """Note it."""
        self.asked.append((f"no {mode}", {}))

    def prepare_instance(self, task: task.Task) -> None:
        """Note it."""
        self.asked.append(("instance", {}))


def test_the_rescue_password_is_a_hash_at_once_and_gone_at_the_end(make: Make, far: server.Agent) -> None:
    noting = Noting()
    held = make(RESCUE, noting, provision_state="rescuing", instance_info={"rescue_password": "geheim"})
    assert isinstance(RESCUE.rescue(held), steps.Wait) and noting.asked[0][0] == "rescue"
    assert not RESCUE.rescue_ready(held) and isinstance(RESCUE.rescue_resume(held), steps.Wait)
    hashed = held.node.instance_info["hashed_rescue_password"]
    assert hashed.startswith("$5$") and "rescue_password" not in held.node.instance_info
    assert RESCUE.rescue(held) and held.node.instance_info["hashed_rescue_password"] == hashed, "a second time"
    held.node.driver_internal_info.update(agent_url=far.url, agent_secret_token=server.TOKEN, agent_verify_ca=far.ca)
    assert isinstance(RESCUE.rescue_resume(held), steps.Done)
    assert far.asked == [("rescue.finalize_rescue", {"rescue_password": hashed, "hashed": True})]
    assert held.node.instance_info == {} and "agent_url" not in held.node.driver_internal_info
    assert isinstance(RESCUE.unrescue(held), steps.Done) and noting.asked[-1][0] == "instance"
    assert held.node.power_state == "power on"


def test_a_password_that_was_given_before_a_crash_is_given_again_or_fails_with_a_way_back(
        make: Make, far: server.Agent) -> None:
    known = {"hashed_rescue_password": "$5$x"}
    assert RESCUE.rescue_resume(make(RESCUE, Noting(), provision_state="rescuing", instance_info=dict(known))
                                ) == steps.Done()
    held = make(RESCUE, Noting(), provision_state="rescuing", power_state="power on", instance_info=dict(known))
    assert RESCUE.rescue_resume(held) == steps.Done(), "nothing of the first time was written"
    assert len(far.asked) == 2
    held = make(RESCUE, Noting(), provision_state="rescuing", power_state="power on", instance_info=dict(known))
    held.node.driver_internal_info["agent_url"] = "https://127.0.0.1:1"
    with pytest.raises(errors.StepFailed, match=r"got the password already.*Begin the rescue again, or unrescue"):
        RESCUE.rescue_resume(held)
    RESCUE.clean_up(held)
    assert held.node.power_state == "power off" and held.node.instance_info == {}


def test_a_rescue_that_failed_leaves_nothing_running(make: Make) -> None:
    held = make(RESCUE, provision_state="rescuing", power_state="power on", instance_info={"rescue_password": "geheim"})
    RESCUE.clean_up(held)
    assert held.node.power_state == "power off" and held.node.instance_info == {}
    held.node.driver_internal_info["agent_url"] = "https://127.0.0.1:1"
    with pytest.raises(errors.StepFailed, match="password is not there"):
        RESCUE.rescue_resume(held)


def test_inspection_tells_the_agent_where_to_report(make: Make) -> None:
    noting = Noting()
    held = make(INSPECT, noting, up=False, provision_state="inspecting",
                options={"inspector__extra_kernel_params": "ipa-debug=1 quiet",
                         "api__agents_url": "http://192.0.2.1:6386"})
    answer = INSPECT.inspect(held)
    assert isinstance(answer, steps.Wait) and answer.what == "the agent's report"
    assert noting.asked == [("inspect", {
        "ipa-api-url": "http://192.0.2.1:6386", "ipa-collect-lldp": "1", "ipa-inspection-collectors": "default,logs",
        "ipa-inspection-callback-url": "http://192.0.2.1:6386/v1/continue_inspection", "ipa-debug": "1", "quiet": ""})]
    assert INSPECT.inspect_resume(held) == steps.Done()
    INSPECT.leave(held)
    assert noting.asked[-1][0] == "no inspect" and held.node.power_state == "power off"


@pytest.mark.parametrize("off", [True, False])
def test_a_server_may_stay_on_after_inspection(make: Make, off: bool) -> None:
    held = make(INSPECT, up=False, power_state="power on", options={"inspector__power_off": off})
    INSPECT.leave(held)
    assert held.node.power_state == ("power off" if off else "power on")
    INSPECT.abort(held)
    assert held.node.power_state == "power off"


def test_a_server_that_must_not_go_off_is_restarted(make: Make, far: server.Agent) -> None:
    held = make(INSPECT, power_state="power on", disable_power_off=True)
    boots.start(held, "inspect")
    assert [one.get("target") for one in held.milestones if "confirmed" in one["name"]] == ["rebooting"]
    held.node.driver_internal_info.update(agent_url=far.url, agent_secret_token=server.TOKEN, agent_verify_ca=far.ca)
    assert boots.end(held) == {"flushed": True, "switched_off_by": "nobody"}
    assert [name for name, _ in far.asked] == ["standby.sync", "system.lockdown"]


#: method, password, its form with a known salt, as ``openssl passwd`` gives it
HASHES = [
    ("sha256", "Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
    ("sha512", "Hello world!",
     "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"),
]


@pytest.mark.parametrize(("method", "word", "known"), HASHES)
def test_hashes_are_the_known_ones(method: str, word: str, known: str) -> None:
    assert password.hashed(word, method, "saltstring") == known
    once = password.hashed(word, method)
    assert password.hashed(word, method, once.split("$")[2]) == once != password.hashed(word, method)


#: when logs are wanted, when they are asked for, whether they are kept
WHEN = [("always", "on_failure", True), ("always", "always", True), ("on_failure", "on_failure", True),
        ("on_failure", "always", False), ("never", "on_failure", False), ("never", "always", False)]


@pytest.mark.parametrize(("option", "when", "kept"), WHEN)
def test_logs_are_kept_as_the_option_says(make: Make, far: server.Agent, tmp_path: Path, option: str, when: str,
                                          kept: bool) -> None:
    far.answers["log.collect_system_logs"] = {"system_logs": base64.b64encode(b"x").decode()}
    held = make(INSPECT, options={"agent__deploy_logs_collect": option}, name="../evil", instance_uuid="i-1")
    file = logs.collect(held, "a label", when)
    assert (file is not None) == kept == bool(far.asked)
    if file is not None:
        assert Path(file).parent == tmp_path / "logs"
        assert Path(file).name.startswith(f"{held.node.uuid}_..-evil_i-1_a-label_")
        assert Path(file).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("answer", [None, {"system_logs": 5}, {"system_logs": "not base64!!!"}, ("FAILED", "no")])
def test_logs_that_do_not_come_hide_nothing(make: Make, far: server.Agent, answer: object) -> None:
    far.answers["log.collect_system_logs"] = answer
    assert logs.collect(make(INSPECT), "x", "on_failure") is None
