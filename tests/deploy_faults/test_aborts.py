"""Whatever waits can be aborted: the state that follows, nothing that is left, and the way back."""

import concurrent.futures
import dataclasses
import typing
from collections.abc import Iterator

import pytest

from tests.deploy_faults import conftest, place

Ward = conftest.Ward
HOLD = {"interface": "deploy", "step": "hold", "args": {}}
ERASE = {"interface": "deploy", "step": "erase_devices_metadata"}
SILENT = (("silent", None),)
PASSWORD = "rescue-Zebra-4713"


@dataclasses.dataclass(frozen=True)
class Case:
    """A state in which something waits."""

    waits: str
    """The state; the case has its name."""
    begins: str
    """The state in which the verb begins: manageable, available, active."""
    verb: str
    after: str
    """The state after the abort."""
    back: tuple[tuple[str, str], ...]
    """Verbs, with the states that they end in."""
    more: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    faults: tuple[tuple[str, typing.Any], ...] = SILENT
    power: str | None = "power off"
    """The power after the abort."""


# fmt: off
DEPLOYED = (("active", "active"), ("deleted", "available"))
CLEANED = (("manage", "manageable"), ("provide", "available"))
CASES = (
    Case("inspect wait",   "manageable", "inspect", "inspect failed", (("inspect", "manageable"),)),
    Case("clean wait",     "manageable", "clean",   "clean failed",   CLEANED, {"clean_steps": [ERASE]}),
    Case("clean hold",     "manageable", "clean",   "clean failed",   CLEANED, {"clean_steps": [ERASE, HOLD]}, ()),
    Case("wait call-back", "available",  "active",  "deploy failed",  DEPLOYED),
    Case("deploy hold",    "available",  "active",  "deploy failed",  DEPLOYED,
         {"deploy_steps": [{**HOLD, "priority": 90}]}, ()),
    Case("rescue wait",    "active",     "rescue",  "rescue failed",
         (("rescue", "rescue"), ("unrescue", "active"), ("deleted", "available")), {"rescue_password": PASSWORD}),
    Case("service wait",   "active",     "service", "active",         (("deleted", "available"),),
         {"service_steps": [ERASE]}, power="power on"),
    Case("service hold",   "active",     "service", "active",         (("deleted", "available"),),
         {"service_steps": [HOLD]}, (), power="power on"),
)
# fmt: on


def _abort(ward: Ward, case: Case) -> None:
    """One case from its beginning to the way back."""
    at, name = ward.place, ward.place.server()
    at.info(name, at.image)
    if case.begins != "manageable":
        at.do(name, "provide", "available")
    if case.begins == "active":
        at.do(name, "active", "active")
    for fault, value in case.faults:
        at.fault(name, fault, value)
    at.do(name, case.verb, case.waits, **case.more)
    at.begin(name, "abort")
    aborted = at.until(name, case.after)
    assert aborted["power_state"] == case.power and at.left(name) == []
    if case.after != "active":
        assert "bort" in aborted["last_error"], aborted["last_error"]
    assert not aborted["maintenance"] and at.flow(name)["state"] == "aborted"
    assert not [key for key in aborted["instance_info"] if "password" in key]
    for fault, _value in case.faults:
        at.fault(name, fault, on=False)
    for verb, state in case.back:
        node = at.do(name, verb, state, **({"rescue_password": PASSWORD} if verb == "rescue" else {}))
        assert at.left(name) == []
        if verb == "active":
            assert node["power_state"] == "power on"
    assert node["last_error"] is None


@pytest.fixture(scope="module")
def ends(ward: Ward, request: pytest.FixtureRequest) -> Iterator[dict[str, "concurrent.futures.Future[None]"]]:
    """All cases that are asked for, running."""
    asked = {item.callspec.params.get("state") for item in request.session.items if hasattr(item, "callspec")}
    with concurrent.futures.ThreadPoolExecutor(len(CASES)) as pool:
        yield {case.waits: pool.submit(_abort, ward, case) for case in CASES if case.waits in asked}


@pytest.mark.parametrize("state", [case.waits for case in CASES])
def test_what_waits_can_be_aborted(ends: dict[str, "concurrent.futures.Future[None]"], state: str) -> None:
    ends[state].result()


def test_a_server_that_cannot_be_cleaned_says_so_and_has_a_way_back(ward: Ward) -> None:
    """Cleaning that fails takes the node out of service; the operator ends that and goes on."""
    at: place.Place = ward.place
    name = at.server()
    at.fault(name, "fails", "execute_clean_step")
    at.begin(name, "clean", clean_steps=[ERASE])
    failed = at.until(name, "clean failed")
    assert "erase_devices_metadata" in failed["last_error"] and "made to fail" in failed["last_error"]
    assert failed["maintenance"] and failed["fault"] == "clean failure" and failed["power_state"] == "power off"
    assert at.left(name) == []
    at.fault(name, "fails", on=False)
    at.call("DELETE", f"/v1/nodes/{name}/maintenance")
    at.do(name, "manage", "manageable")
    cleaned = at.do(name, "clean", "manageable", clean_steps=[ERASE])
    assert cleaned["last_error"] is None and at.left(name) == []
