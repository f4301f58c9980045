"""Each failure of a deploy has its state, a sentence that names what, where and what to do, and a way back.

All cases run at once, each on a server of its own, and are judged one by one: what they take is mostly waiting.
"""

import base64
import concurrent.futures
import dataclasses
import gzip
import re
import time
import typing
from collections.abc import Callable, Iterator

import pytest

from tests.deploy_faults import conftest, place

Ward = conftest.Ward
SECRET = "user-data-Zebra-4712"
DRIVE = {"meta_data": {"hostname": "web-1"}, "user_data": f"#cloud-config\n# {SECRET}\n"}
GIB = 1 << 30


@dataclasses.dataclass(frozen=True)
class Case:
    """One thing that goes wrong."""

    name: str
    says: tuple[str, ...]
    """Words of last_error, as patterns."""
    info: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    """What instance_info says otherwise; {site}, {slow}, {closed} stand for places."""
    faults: tuple[tuple[str, typing.Any], ...] = ()
    """What is wrong with the server, with its value."""
    drive: typing.Any = None
    """The config drive."""
    during: Callable[[Ward, str], None] | None = None
    """What happens while it deploys."""
    power: str | None = "power off"
    """The power that is known afterwards."""


def _bmc_dies(ward: Ward, name: str) -> None:
    """The controller dies while the image is written, and is there again when it is too late."""
    _writes(ward, name)
    ward.place.fault(name, "dead")


def _writes(ward: Ward, name: str) -> None:
    ward.place.until(name, "wait call-back")
    _soon(lambda: any(step["step"] == "write_image" and step["state"] in ("started", "waiting")
                      for step in ward.place.flow(name)["steps"]))


def _soon(ready: Callable[[], object]) -> None:

    end = time.monotonic() + place.PATIENCE
    while not ready():
        assert time.monotonic() < end, "it did not come so far"
        time.sleep(0.1)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


#: what no image that is kept has
OTHER = {"image_os_hash_value": "2" * 64}
SLOWLY = (("slow-image", 1200),)
#: so that who looks in the middle of it comes in time
SNAIL = (("slow-image", 150),)
SHA512 = {"image_os_hash_algo": "sha512", "image_os_hash_value": "1" * 128}
SDA = {"root_device": {"name": "/dev/sda"}}

RESTARTED = ("write_image", "the agent restarted meanwhile")
#: a server that restarts boots from its disk, so that nobody asks who it is
AWAY = ("write_image", "restart|does not answer|gone|awaited")
LARGE = ("too large|[Nn]o space|room",)
CALL = ("call-back", "console")


def _from(source: str) -> dict[str, str]:
    return {**OTHER, "image_source": source}


def _fails(*commands: str) -> tuple[tuple[str, typing.Any], ...]:
    return tuple(("fails", command) for command in commands)


# fmt: off
CASES = (
    # --- the image
    Case("wrong checksum",       ("demo.raw", "sha256", "expected was 0000"),  {"image_os_hash_value": "0" * 64}),
    Case("another algorithm",    ("demo.raw", "sha512"),                       SHA512),
    Case("image server is off",  ("{closed}/demo.raw", "refuses"),             _from("{closed}/demo.raw")),
    Case("image is not there",   ("{site}/gone.raw", "404"),                   _from("{site}/gone.raw")),
    Case("image too slow",       ("{slow}/demo.raw", "bytes"),                 _from("{slow}/demo.raw")),
    Case("image file not there", ("absent.raw",),                              _from("{files}/absent.raw")),
    Case("another format",       ("demo.raw", "qcow2"),                        {"image_disk_format": "qcow2"}),
    Case("too large for the disk", LARGE, SDA, (("small-disk", 0.001),)),
    Case("too large, stock ramdisk", LARGE, SDA, (("small-disk", 0.001), ("stock", None))),
    Case("no disk as hinted",    ("root device|hint|device",),                 {"root_device": {"size": 9999}}),
    # --- the agent
    Case("no agent",             CALL, faults=(("silent", None),)),
    Case("no network",           CALL, faults=(("no-network", None),)),
    Case("no heartbeat",         CALL, faults=(("no-heartbeat", None),)),
    Case("another node's MAC",   CALL, faults=(("other-mac", "{bystander}"),)),
    Case("another token",        CALL, faults=(("other-token", None),)),
    Case("agent is deaf",        ("does not answer", "get_deploy_steps"), faults=(("deaf", None),)),
    Case("agent restarts",       RESTARTED, faults=(*SLOWLY, ("restarts", "agent"))),
    Case("server restarts",      AWAY, faults=(*SLOWLY, ("restarts", "server"))),
    Case("agent fails to write", ("write_image", "made to fail"), faults=(*_fails("prepare_image"), ("stock", None))),
    Case("agent's step fails",   ("write_image", "made to fail"), faults=_fails("execute_deploy_step")),
    Case("boot loader fails",    ("prepare_instance_boot", "made to fail"), faults=_fails("install_bootloader")),
    # --- the controller
    Case("BMC dies in the middle", ("{network}", "not answer|no answer|unreachable"), faults=SNAIL, during=_bmc_dies,
         power=None),
    # --- the config drive
    Case("drive at a dead URL",  ("{closed}", "refuses"),      drive="{closed}/drive"),
    Case("drive not there",      ("{site}/no-drive", "404"),   drive="{site}/no-drive"),
    Case("drive's URL has none", ("config drive",),            drive="{site}/demo.raw"),
)

#: what is refused at once, with 400, and nothing has happened
REFUSED = (
    Case("hint unknown",        ("colour", "size"),          {"root_device": {"colour": "red"}}),
    Case("hint with a wrong operator", ("size",),            {"root_device": {"size": ">>> 3"}}),
    Case("scheme unknown",      ("ftp", "http"),             {"image_source": "ftp://127.0.0.1/x.raw"}),
    Case("no checksum",         ("checksum",),               {"image_os_hash_algo": None, "image_os_hash_value": None}),
    Case("checksum malformed",  ("digits",), {"image_os_hash_value": "xyz"}),
    Case("drive not base64",    ("base64",),                 drive="this is nothing!"),
    Case("drive not gzip",      ("gzip",),                   drive=_text(b"nothing")),
    Case("drive cut",           ("ends before|gzip",),       drive=_text(gzip.compress(b"x" * 5000)[:-12])),
    Case("drive no ISO",        ("config-2",),               drive=_text(gzip.compress(b"x" * 50000))),
    Case("drive of two kinds",  ("user_data|x",),            drive={"user_data": "a", "x": 1}),
    Case("drive with a list",   ("meta_data",),              drive={"meta_data": [1]}),
    Case("drive a number",      ("configdrive",),            drive=5),
)
# fmt: on


def _filled(ward: Ward, value: typing.Any) -> typing.Any:
    """Put places into what a case says."""
    if isinstance(value, dict):
        return {key: _filled(ward, item) for key, item in value.items() if item is not None}
    if not isinstance(value, str):
        return value
    for name, place_ in (("site", ward.site.url), ("slow", ward.slow.url), ("closed", CLOSED),
                         ("files", ward.allowed.as_uri()), ("network", ward.place.lab.plan.network[:-1]),
                         ("bystander", ward.place.truth(ward.bystander)["macs"][0])):
        value = value.replace("{" + name + "}", place_)
    return value


CLOSED = f"http://127.0.0.1:{place.closed_port()}"


def _deploy(ward: Ward, case: Case) -> None:
    """One case from its beginning to the way back."""
    at, name = ward.place, ward.place.server()
    at.do(name, "provide", "available")
    at.info(name, _filled(ward, {**at.image, **case.info}))
    for fault, value in case.faults:
        at.fault(name, fault, _filled(ward, value))
    drive = _filled(ward, case.drive)
    at.begin(name, "active", **({"configdrive": drive} if drive else {"configdrive": DRIVE}))
    if case.during is not None:
        case.during(ward, name)
    failed = at.until(name, "deploy failed")
    for word in case.says:
        assert re.search(_filled(ward, word), failed["last_error"]), (word, failed["last_error"])
    assert failed["power_state"] == case.power or case.power is None, failed["power_state"]
    assert at.left(name) == []
    flow = at.flow(name)
    assert flow["state"] == "failed" and flow["error"] == failed["last_error"]
    if case.power == "power off":
        assert at.truth(name)["power"] == "off"
    for fault, _value in (*case.faults, ("dead", None)):
        at.fault(name, fault, on=False)
    at.info(name, at.image)
    _all_well(at, name)


def _all_well(at: place.Place, name: str) -> None:
    """The way back of a deploy that failed: to deploy."""
    active = at.do(name, "active", "active", configdrive=DRIVE)
    assert active["last_error"] is None and active["power_state"] == "power on" and not active["maintenance"]
    assert at.left(name) == []
    assert at.truth(name)["disks"][0]["written"]
    gone = at.do(name, "deleted", "available")
    assert gone["instance_info"] == {} and gone["power_state"] == "power off" and at.left(name) == []
    assert at.truth(name)["power"] == "off"


@pytest.fixture(scope="module")
def ends(ward: Ward, request: pytest.FixtureRequest) -> Iterator[dict[str, "concurrent.futures.Future[None]"]]:
    """All cases that are asked for, running."""
    asked = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    with concurrent.futures.ThreadPoolExecutor(len(CASES)) as pool:
        yield {case.name: pool.submit(_deploy, ward, case) for case in CASES if case.name in asked}


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_a_failure_is_told_leaves_nothing_and_has_a_way_back(
        ends: dict[str, "concurrent.futures.Future[None]"], name: str) -> None:
    ends[name].result()


def test_what_can_be_known_before_is_refused_and_nothing_happens(ward: Ward) -> None:
    at, name = ward.place, ward.place.server()
    at.do(name, "provide", "available")
    for case in REFUSED:
        at.info(name, _filled(ward, {**at.image, **case.info}))
        answer = at.ask("PUT", f"/v1/nodes/{name}/states/provision",
                        {"target": "active", **({"configdrive": case.drive} if case.drive is not None else {})})
        assert answer.status_code == 400, (case.name, answer.text, at.node(name)["provision_state"])
        for word in case.says:
            assert re.search(word, answer.text), (case.name, answer.text)
        assert at.node(name)["provision_state"] == "available" and at.left(name) == []
    assert at.truth(name)["boots"] == 0
    at.info(name, at.image)
    _all_well(at, name)
