"""``ipmitool``, which this project did not write, drives the fleet."""

import subprocess
from collections.abc import Callable

import pytest

from baremetal.lab import fleet
from tests import services
from tests.lab import conftest

Tool = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(params=[3, 17])
def suite(request: pytest.FixtureRequest) -> int:
    """The cipher suite: SHA-1 or SHA-256."""
    return int(request.param)


@pytest.fixture
def tool(servers: fleet.Fleet, suite: int) -> Tool:
    """Run ipmitool against the first server."""
    program, plan = services.require("ipmitool"), servers.plan

    def run(*words: str, password: str = plan.password, options: tuple[str, ...] = ()
            ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, "-I", "lanplus", "-C", str(suite), "-R", "8", "-N", "2", "-H", plan.address(0), "-p",
             str(plan.port), "-U", plan.user, "-P", password, *options, *words],
            capture_output=True, text=True, timeout=120, check=False)
    return run


#: what is said to it, what it says, what the machine is then
POWER = [
    ("on",     "Up/On",    {"power": "on", "boots": 1}),
    ("status", "is on",    {"power": "on"}),
    ("diag",   "Diag",     {"power": "on", "nmis": 1}),
    ("reset",  "Reset",    {"power": "on", "boots": 2}),
    ("cycle",  "Cycle",    {"power": "on", "boots": 3}),
    ("soft",   "Soft",     {"power": "off"}),
    ("on",     "Up/On",    {"power": "on", "boots": 4}),
    ("off",    "Down/Off", {"power": "off", "boots": 4}),
    ("status", "is off",   {"power": "off"}),
]


def test_power(tool: Tool, servers: fleet.Fleet) -> None:
    for word, says, wanted in POWER:
        assert says in tool("power", word).stdout
        conftest.until(lambda wanted=wanted: wanted.items() <= servers.machine(0).describe().items())
        conftest.until(lambda: servers.machine(0).phase != "booting")


#: arguments of ``chassis bootdev``: what ``bootparam get 5`` says, the override
BOOT = [
    (("pxe",),                                  "Force PXE",    ("pxe", False, "bios")),
    (("disk", "options=persistent"),            "Force Boot from default Hard-Drive", ("disk", True, "bios")),
    (("cdrom", "options=efiboot"),              "Force Boot from CD/DVD", ("cdrom", False, "uefi")),
    (("bios", "options=persistent,efiboot"),    "Force Boot into BIOS Setup", ("bios", True, "uefi")),
]


@pytest.mark.parametrize(("words", "says", "wanted"), BOOT)
def test_boot_device(tool: Tool, servers: fleet.Fleet, words: tuple[str, ...], says: str,
                     wanted: tuple[str, bool, str]) -> None:
    assert "Set Boot Device to" in tool("chassis", "bootdev", *words).stdout
    override = servers.machine(0).override
    assert override is not None and (override.device, override.persistent, override.mode) == wanted
    told = tool("chassis", "bootparam", "get", "5").stdout
    assert says in told and ("all future boots" in told) == wanted[1] and ("EFI" in told) == (wanted[2] == "uefi")


def test_no_override(tool: Tool, servers: fleet.Fleet) -> None:
    tool("chassis", "bootdev", "pxe")
    tool("chassis", "bootdev", "none")
    assert servers.machine(0).override is None


#: what is asked -> what the answer has
READS = [
    (("mc", "info"),                 ["IPMI Version              : 2.0", "SEL Device", "SDR Repository Device"]),
    (("mc", "guid"),                 ["{guid}"]),
    (("sdr", "list"),                ["Inlet Temp", "degrees C", "P3V3 Standby", "no reading"]),
    (("sensor", "list"),             ["Fan1", "1500.000", "RPM", "P12V", "10.974"]),
    (("sdr", "elist", "full"),       ["CPU0 Temp", "3.1", "CPU1 Temp", "3.2"]),
    (("fru", "print"),               ["baremetal lab", "{serial}", "{name}"]),
    (("lan", "print", "1"),          ["127.92.0.1", "3,17"]),
    (("channel", "info", "1"),       ["802.3 LAN"]),
    (("user", "list", "1"),          ["admin", "ADMINISTRATOR"]),
    (("chassis", "status"),          ["System Power         : off"]),
    (("sel", "info"),                ["Entries          : 0"]),
    (("session", "info", "active"),  []),
]


@pytest.mark.parametrize(("words", "has"), READS)
def test_reading(tool: Tool, servers: fleet.Fleet, words: tuple[str, ...], has: list[str]) -> None:
    if "sensor" in words:
        servers.do(servers.machine(0).switch_on)
    identity, told = servers.machine(0).identity, tool(*words).stdout
    for wanted in has:
        assert wanted.format(guid=identity.guid, serial=identity.serial, name=identity.name) in told


def test_event_log(tool: Tool) -> None:
    tool("power", "on")
    listed = tool("sel", "elist").stdout
    assert "ACPI State" in listed and "S0/G0: working" in listed and "Initiated by power up" in listed
    assert "Clearing SEL" in tool("sel", "clear").stdout
    assert "Initiated by power up" not in tool("sel", "list").stdout


def test_identify(tool: Tool, servers: fleet.Fleet) -> None:
    for words, light in ((("30",), "blinking"), (("0",), "off"), (("force",), "on"), (("0",), "off")):
        assert tool("chassis", "identify", *words).returncode == 0
        assert servers.machine(0).light == light


def test_wrong_password(tool: Tool) -> None:
    refused = tool("power", "status", password="wrong")
    assert refused.returncode and "HMAC" in refused.stderr or "Unable to establish" in refused.stderr


def test_too_little_privilege(tool: Tool, servers: fleet.Fleet) -> None:
    assert "is off" in tool("power", "status", options=("-L", "USER")).stdout
    refused = tool("power", "on", options=("-L", "USER"))
    assert refused.returncode and servers.machine(0).power == "off"


def test_suite_is_negotiated(servers: fleet.Fleet) -> None:
    plan = servers.plan
    done = subprocess.run([services.require("ipmitool"), "-I", "lanplus", "-H", plan.address(0), "-p", str(plan.port),
                           "-U", plan.user, "-P", plan.password, "power", "status"],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "Chassis Power is off\n" and done.stderr == ""
