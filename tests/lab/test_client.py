"""Our IPMI client drives the fleet: every operation, every fault, sessions, queues, the breaker."""

import concurrent.futures
import dataclasses
import time
from collections.abc import Callable, Iterator

import pytest

from baremetal import errors
from baremetal.clients import ipmi
from baremetal.lab import eventlog, faults, fleet, sensors
from tests.lab import conftest

Where = Callable[..., ipmi.Address]


@pytest.fixture(params=[3, 17, None])
def suite(request: pytest.FixtureRequest) -> int | None:
    """The cipher suite that is insisted on."""
    return request.param


@pytest.fixture
def hasty() -> Iterator[ipmi.Client]:
    """A client that gives up soon and lets BMCs rest for some seconds: enough to look at it."""
    made = ipmi.Client(timeout=3, breaker_failures=2, breaker_rest=5)
    yield made
    made.close()


@pytest.fixture
def patient() -> Iterator[ipmi.Client]:
    """A client that gives up a little later: what is not silent has the time to say something."""
    made = ipmi.Client(timeout=10)
    yield made
    made.close()


def answers(client: ipmi.Client, address: ipmi.Address) -> None:
    """Return when a BMC answers, also where the machine was too busy for it within a time-out."""
    def read() -> bool:
        try:
            return bool(client.call(address, "power_read") == "off")
        except errors.BmcFault:
            return False
    conftest.until(read)


# --- operations ---

#: power command: power then, boots in all
POWER = [("on", "on", 1), ("nmi", "on", 1), ("reset", "on", 2), ("cycle", "on", 3), ("soft", "off", 3),
         ("off", "off", 3)]


def test_power(client: ipmi.Client, servers: fleet.Fleet, where: Where, suite: int | None) -> None:
    address, machine = dataclasses.replace(where(), cipher=suite), servers.machine(0)
    for state, power, boots in POWER:
        client.call(address, "power_set", state=state)
        conftest.until(lambda power=power, boots=boots: (machine.power, machine.boots) == (power, boots))
        conftest.until(lambda: machine.phase != "booting")
        assert client.call(address, "power_read") == power
    assert machine.nmis == 1 and client.counts.opened == 1


@pytest.mark.parametrize("device", ["pxe", "disk", "cdrom", "bios", "safe", "floppy"])
@pytest.mark.parametrize("lasts", ["once", "always"])
@pytest.mark.parametrize("mode", ["bios", "uefi"])
def test_boot_device(client: ipmi.Client, servers: fleet.Fleet, where: Where, device: str, lasts: str,
                     mode: str) -> None:
    persistent = lasts == "always"
    client.call(where(), "boot_set", device=device, persistent=persistent, mode=mode)
    wanted = {"device": device, "persistent": persistent, "mode": mode, "valid": True}
    assert client.call(where(), "boot_read") == wanted
    client.call(where(), "power_set", state="on")
    booted = servers.machine(0).booted
    assert booted is not None and (booted.device, booted.mode) == (device, mode)
    client.call(where(), "power_set", state="reset")
    booted = servers.machine(0).booted
    assert booted is not None and booted.device == (device if persistent else "disk")


def test_boot_flags_are_void_after_a_while(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    for keep in (True, False):
        client.call(where(), "boot_set", device="pxe", persistent=False, disable_timeout=keep)
        assert (servers.servers[0].bmc.boot._void is None) == keep
        if not keep:   # that a server that has such flags loses them is not worth a minute of waiting
            client.call(where(), "power_set", state="off")
            assert servers.servers[0].bmc.boot._void is None
        client.call(where(), "raw", netfn=0, command=8, data=[3, 0])


def test_identify(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    for state in ("on", "off", "blinking", "off"):
        client.call(where(), "identify", state=state)
        assert servers.machine(0).light == state
    client.call(where(), "identify", state="blinking", seconds=1)
    conftest.until(lambda: servers.machine(0).light == "off")


def test_sensors(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    found = {sensor["name"]: sensor for sensor in client.call(where(), "sensors")}
    assert set(found) == {s.name for s in (*sensors.ANALOG, *sensors.DISCRETE)}
    assert not found["Fan1"]["available"] and found["Inlet Temp"]["available"]
    requests = client.counts.requests
    servers.do(servers.machine(0).switch_on)
    found = {sensor["name"]: sensor for sensor in client.call(where(), "sensors")}
    assert client.counts.requests - requests == 1 + len(found)   # the records were known
    for sensor in sensors.ANALOG:
        middle, waver, _ = sensors.READINGS[sensor.number]
        told = found[sensor.name]
        assert abs(told["value"] - middle) <= waver + sensor.m * 10 ** sensor.exponent
        assert told["health"] == "ok" and told["available"]
    assert found["Fan1"]["units"] == "RPM" and found["CPU0 Temp"]["type"] == "Temperature"
    assert found["ACPI State"]["states"] == ["Online"] and found["ACPI State"]["value"] is None


def test_event_log(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    assert client.call(where(), "event_log") == []
    client.call(where(), "boot_set", device="pxe", persistent=False)
    client.call(where(), "power_set", state="on")
    conftest.until(lambda: servers.machine(0).phase == "running")
    log = client.call(where(), "event_log", clear=True)
    assert [entry["sensor_type"] for entry in log] == ["System ACPI Power State", "System Boot", "OS Boot"]
    assert [entry["record_id"] for entry in log] == [1, 2, 3]
    assert all(entry["timestamp"] and entry["asserted"] and entry["event"] for entry in log)
    assert client.call(where(), "event_log") == [] and not servers.servers[0].bmc.log.entries


def test_bmc_info(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    info = client.call(where(), "bmc_info")
    assert info["guid"] == str(servers.machine(0).identity.guid) and info["ipmi_version"] == "2.0"
    assert info["firmware"] == "1.00" and info["product_id"] == 0x0BA3


def test_raw(client: ipmi.Client, where: Where) -> None:
    assert client.call(where(), "raw", netfn=0, command=1)[0] & 1 == 0
    with pytest.raises(errors.BmcUnsupported, match="0xc1"):
        client.call(where(), "raw", netfn=0x2C, command=0x77, data=b"\x01")


@pytest.mark.parametrize(("operation", "args"), [
    ("power_set", {"state": "sideways"}), ("boot_set", {"device": "tape", "persistent": True}),
    ("boot_set", {"device": "pxe", "persistent": True, "mode": "coreboot"}), ("identify", {"state": "pink"}),
    ("identify", {"state": "blinking", "seconds": 300}), ("raw", {"netfn": 7, "command": 1})])
def test_wrong_arguments_are_refused_at_once(client: ipmi.Client, where: Where, operation: str, args: dict[str, object]
                                             ) -> None:
    with pytest.raises(ValueError):
        client.submit(where(), operation, **args)
    assert client.counts.requests == 0


# --- faults ---

#: fault of the BMC, its value: what the client raises
HARD = [
    ("refuses-password", None, errors.BmcRefused),
    ("dead",             None, errors.BmcUnreachable),
    ("drops",            100,  errors.BmcUnreachable),
    ("late",             30,   errors.BmcUnreachable),
    ("garbage",          None, errors.BmcGarbage),
]
#: fault, its value: the client bears it
SOFT = [("late", 0.5), ("drops", 15), ("two-tries", None)]
#: those that the client cannot see
UNSEEN = {"lies", "unwell"}


def test_every_fault_is_tried() -> None:
    assert {row[0] for row in HARD} | {row[0] for row in SOFT} | UNSEEN == set(faults.TABLE)


@pytest.mark.parametrize(("fault", "value", "kind"), HARD)
def test_a_fault_is_told_as_what_it_is(hasty: ipmi.Client, patient: ipmi.Client, servers: fleet.Fleet, where: Where,
                                       fault: str, value: float | None, kind: type[errors.BmcFault]) -> None:
    client = hasty if kind is errors.BmcUnreachable else patient
    servers.fault(0, fault, value=value)
    began = time.monotonic()
    with pytest.raises(kind) as met:
        client.call(where(), "power_read")
    assert time.monotonic() - began < 30
    assert type(met.value) is kind
    assert met.value.facts["host"] == servers.plan.address(0) and met.value.facts["operation"] == "power_read"
    assert servers.plan.password not in f"{met.value} {met.value!r} {met.value.facts} {where()!r}"
    servers.fault(0, fault, on=False)
    answers(client, where())


@pytest.mark.parametrize(("fault", "value", "kind"), [
    ("dead", None, errors.BmcUnreachable), ("garbage", None, errors.BmcGarbage), ("late", 30, errors.BmcUnreachable)])
def test_a_fault_that_begins_within_a_session(hasty: ipmi.Client, patient: ipmi.Client, servers: fleet.Fleet,
                                              where: Where, fault: str, value: float | None,
                                              kind: type[errors.BmcFault]) -> None:
    client = hasty if kind is errors.BmcUnreachable else patient
    answers(client, where())
    servers.fault(0, fault, value=value)
    with pytest.raises(kind):
        client.call(where(), "power_read")


@pytest.mark.parametrize(("fault", "value"), SOFT)
def test_a_fault_that_is_borne(servers: fleet.Fleet, where: Where, fault: str, value: float | None) -> None:
    client = ipmi.Client(timeout=120)
    servers.fault(0, fault, value=value)
    for state in ("on", "off"):
        client.call(where(), "power_set", state=state)
        assert client.call(where(), "power_read") == state == servers.machine(0).power
    client.close()


def test_a_lie_is_believed(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    servers.fault(0, "lies")
    assert client.call(where(), "power_read") == "on" and servers.machine(0).power == "off"


def test_a_command_is_done_once_though_its_answers_are_lost(servers: fleet.Fleet, where: Where) -> None:
    client = ipmi.Client(timeout=120)
    client.call(where(), "power_set", state="on")
    servers.fault(0, "late", value=2.2)   # each request is sent twice at least before an answer comes
    boots = servers.machine(0).boots
    client.call(where(), "power_set", state="reset")
    assert servers.machine(0).boots == boots + 1
    client.close()


#: what is wrong with the credentials
WRONG: list[dict[str, str]] = [{"password": "wrong"}, {"username": "nobody"}, {"username": ""}]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("cipher", [None, 3, 17])
def test_wrong_credentials(client: ipmi.Client, where: Where, wrong: dict[str, str], cipher: int | None) -> None:
    for _ in range(4):   # and however often: this is no reason to leave the BMC alone
        with pytest.raises(errors.BmcRefused, match="credentials"):
            client.call(dataclasses.replace(where(), cipher=cipher, **wrong), "power_read")
    assert client.call(where(), "power_read") == "off"


def test_too_little_privilege(client: ipmi.Client, where: Where) -> None:
    user = dataclasses.replace(where(), privilege="user")
    assert client.call(user, "power_read") == "off"
    with pytest.raises(errors.BmcRefused, match="privilege"):
        client.call(user, "power_set", state="on")


def test_nobody_there(where: Where) -> None:
    client = ipmi.Client(timeout=300)
    for address in (dataclasses.replace(where(), port=9), dataclasses.replace(where(), host="no-such-name.invalid")):
        began = time.monotonic()
        with pytest.raises(errors.BmcUnreachable):
            client.call(address, "power_read")
        assert time.monotonic() - began < 150      # a name server may take its time
    client.close()


# --- sessions ---

def test_a_session_is_used_again(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    for _ in range(5):
        client.call(where(), "power_read")
    assert (client.counts.opened, client.counts.reused) == (1, 4)
    assert servers.servers[0].bmc.counts["opened"] == 1


def test_an_idle_session_is_closed(servers: fleet.Fleet, where: Where) -> None:
    client = ipmi.Client(idle=0.2)
    client.call(where(), "power_read")
    assert len(servers.servers[0].bmc.sessions) == 1
    conftest.until(lambda: not servers.servers[0].bmc.sessions)
    assert client.call(where(), "power_read") == "off" and client.counts.opened == 2
    client.close()


def test_closing_ends_all_sessions(servers: fleet.Fleet, where: Where) -> None:
    client = ipmi.Client()
    for number in range(conftest.SIZE):
        client.call(where(number), "power_read")
    client.close()
    conftest.until(lambda: not any(server.bmc.sessions for server in servers.servers))
    with pytest.raises(RuntimeError, match="closed"):
        client.submit(where(), "power_read")


def test_other_credentials_take_another_session(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    client.call(where(), "power_read")
    client.call(dataclasses.replace(where(), privilege="operator"), "power_read")
    assert client.counts.opened == 2
    conftest.until(lambda: len(servers.servers[0].bmc.sessions) == 1)   # one at a time


def test_a_bmc_that_was_restarted_is_logged_into_anew(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    client.call(where(), "power_read")
    servers.do(servers.servers[0].bmc.restart)
    assert client.call(where(), "power_read") == "off"
    assert (client.counts.opened, client.counts.faults) == (2, 0)


def test_a_bmc_that_was_killed_and_is_reborn(hasty: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    answers(hasty, where())
    servers.do(servers.servers[0].unplug)
    with pytest.raises(errors.BmcUnreachable):
        hasty.call(where(), "power_read")
    servers.do(servers.servers[0].plug)
    answers(hasty, where())


def test_a_full_bmc_is_asked_again(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    others = [ipmi.Client() for _ in range(16)]
    for other in others:
        other.call(where(), "power_read")
    waiting = client.submit(where(), "power_read")
    time.sleep(0.3)
    assert not waiting.done()
    for other in others:
        other.close()
    assert waiting.result(60) == "off"


# --- queues ---

def test_one_conversation_per_bmc_and_many_at_once(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    client.call(where(0), "power_read")
    servers.fault(0, "late", value=0.7)
    began = time.monotonic()
    slow = [client.submit(where(0), "power_read") for _ in range(4)]
    fast = [client.submit(where(number), "power_read") for number in (1, 2, 3)]
    assert {future.result(60) for future in fast} == {"off"}
    assert not slow[-1].done()
    assert {future.result(60) for future in slow} == {"off"}
    assert time.monotonic() - began >= 2.8   # one after the other
    assert servers.servers[0].bmc.counts["opened"] == 1


def test_most(servers: fleet.Fleet, where: Where) -> None:
    client = ipmi.Client(most=1)
    for number in range(conftest.SIZE):
        servers.fault(number, "late", value=0.05)
    began = time.monotonic()
    for future in [client.submit(where(number), "power_read") for number in range(conftest.SIZE)]:
        future.result(120)
    assert time.monotonic() - began >= conftest.SIZE * 6 * 0.05
    client.close()


def test_min_interval(servers: fleet.Fleet, where: Where) -> None:
    client = ipmi.Client(min_interval=0.2)
    began = time.monotonic()
    for future in [client.submit(where(), "power_read") for _ in range(3)]:
        future.result(60)
    assert time.monotonic() - began >= 0.4
    client.close()


def test_within_counts_the_queue(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    client.call(where(), "power_read")
    servers.fault(0, "late", value=3)
    first = client.submit(where(), "power_read")
    with pytest.raises(errors.BmcTimeout, match="waiting for its turn"):
        client.call(where(), "power_read", within=0.3)
    servers.fault(0, "late", on=False)
    assert first.result(60) == "off"
    assert client.call(where(), "power_read") == "off"


def test_a_caller_may_give_up(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    client.call(where(), "power_read")
    servers.fault(0, "late", value=2)
    given_up = client.submit(where(), "power_set", state="on")
    conftest.until(lambda: servers.machine(0).power == "on")
    ends = time.monotonic() + 2.2
    assert given_up.cancel()
    servers.fault(0, "late", on=False)
    while time.monotonic() < ends:      # its late answer comes meanwhile, and is not taken for one of these
        assert client.call(where(), "power_read") == "on"
        assert client.call(where(), "bmc_info")["product_id"] == 0x0BA3


def test_the_clients_own_thread_may_not_wait(client: ipmi.Client, where: Where) -> None:
    met: concurrent.futures.Future[BaseException] = concurrent.futures.Future()

    def wait(_: object) -> None:
        try:
            client.call(where(), "power_read")
        except RuntimeError as error:
            met.set_result(error)
    client.submit(where(), "power_read").add_done_callback(wait)
    assert "own thread" in str(met.result(60))


# --- the breaker ---

def test_the_breaker_opens_and_closes(hasty: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    servers.fault(0, "dead")
    futures = [hasty.submit(where(), "power_read") for _ in range(5)]
    kinds = []
    for future in futures:
        with pytest.raises(errors.BmcFault) as met:
            future.result(60)
        kinds.append(type(met.value))
    assert kinds == [errors.BmcUnreachable] * 2 + [errors.BmcResting] * 3
    assert hasty.resting(where())
    packets = servers.servers[0].bmc.counts["packets"]
    with pytest.raises(errors.BmcResting, match="left alone until") as resting:
        hasty.call(where(), "power_read")
    assert resting.value.facts["failures"] == 2 and "nothing answered" in resting.value.facts["why"]
    assert servers.servers[0].bmc.counts["packets"] == packets
    servers.fault(0, "dead", on=False)
    conftest.until(lambda: not hasty.resting(where()))
    answers(hasty, where())
    answers(hasty, where())


def test_another_bmc_is_not_left_alone(hasty: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    servers.fault(0, "dead")
    for _ in range(2):
        with pytest.raises(errors.BmcUnreachable):
            hasty.call(where(), "power_read")
    assert hasty.resting(where())
    answers(hasty, where(1))


def test_a_log_is_cleared_only_of_what_was_returned(client: ipmi.Client, servers: fleet.Fleet, where: Where) -> None:
    log = servers.servers[0].bmc.log
    servers.do(lambda: [log.add(eventlog.INTERRUPT, 0) for _ in range(20)])
    servers.fault(0, "late", value=0.02)
    reading = client.submit(where(), "event_log", clear=True)
    for _ in range(5):
        time.sleep(0.1)
        servers.do(lambda: log.add(eventlog.INTERRUPT, 0))
    returned = [entry["record_id"] for entry in reading.result(120)]
    left = list(log.entries)
    assert returned + left == list(range(1, 26))
