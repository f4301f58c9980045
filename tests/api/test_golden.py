"""The key set of every resource at every microversion, as the golden files under ``golden/`` tell it.

A diff of a golden file is a change of the API. ``history`` is filled by a cleaning.
"""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.api import case, drive, stored

FOLDER = pathlib.Path(__file__).parent / "golden"
VERSIONS = tuple(f"1.{minor}" for minor in range(1, 116))


def views() -> list[Any]:
    """Every view of every golden file."""
    files = sorted(FOLDER.glob("*.yaml"))
    return [pytest.param(view, id=f"{f.stem}/{name}")
            for f in files for name, view in yaml.safe_load(f.read_text()).items()]


def golden(view: dict[str, Any], version: str) -> list[str] | int:
    """The keys at a version, or the status where the view is not there yet."""
    minor = int(version.split(".")[1])
    keys = [k for v, added in view["adds"].items() if int(v.split(".")[1]) <= minor for k in added]
    return sorted(keys) or int(view["before"])


@pytest.fixture(scope="module")
def words(service: Any) -> Iterator[tuple[drive.Endpoint, dict[str, Any]]]:
    """An endpoint that has one of everything, and what these are called."""
    endpoint = drive.Endpoint(service.url, service.auth)
    run = drive.Run(endpoint)
    try:
        run.set_up({"template": {}, "runbook": {}, "rule": {}, "chassis": {}, "port": {}, "portgroup": {},
                    "connector": {}, "target": {}, "allocation": {},
                    "node": {"state": "manageable", "chassis_uuid": "$chassis", "power": "power off"}})
        ident = run.words["node"]
        steps = [{"interface": "vendor", "step": "log_passthrough"}, {
            "interface": "bios", "step": "apply_configuration", "args": {"settings": [
                {"name": "boot_timeout", "value": "5"}]}}]
        endpoint.make("PUT", f"/v1/nodes/{ident}/states/provision", {"target": "clean", "clean_steps": steps})
        run.wait(ident, provision_state="manageable", reservation=None)
        stored.Stored(service.data).inspected(ident)
        history = endpoint.make("GET", f"/v1/nodes/{ident}/history")["history"]
        yield endpoint, run.words | {"history": history[0]["uuid"], "conductor": run.words["node.conductor"]}
    finally:
        run.clean_up()


@pytest.mark.parametrize("view", views())
def test_shows_the_keys_of_its_version(
        view: dict[str, Any], words: tuple[drive.Endpoint, dict[str, Any]]) -> None:
    endpoint, named = words
    path = case.fill(view["path"], named)
    seen: dict[str, list[str] | int] = {}
    for version in VERSIONS:
        answer = endpoint.ask("GET", path, version)
        seen[version] = answer.status_code
        if answer.ok:
            shown = answer.json()
            part = shown[view["items"]][0] if "items" in view else shown[view["inside"]] if "inside" in view else shown
            seen[version] = sorted(part)
    assert seen == {version: golden(view, version) for version in VERSIONS}
