"""A deployment lends the node to a project, as the options say; undeploying takes it back. What others set stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baremetal import errors
from tests.flow import house as building

# fmt: off
LENT: list[tuple[dict[str, Any], dict[str, Any], str | None]] = [
    # options, instance_info, lessee of the deployed node; p1 asks
    ({},                                     {"project_id": "blue"}, "blue"),
    ({},                                     {"project_id": 5},      "5"),
    ({},                                     {"project_id": ""},     None),
    ({},                                     {},                     None),
    ({"automatic_lessee_source": "request"}, {"project_id": "blue"}, "p1"),
    ({"automatic_lessee_source": "request"}, {},                     "p1"),
    ({"automatic_lessee_source": "none"},    {"project_id": "blue"}, None),
    ({"automatic_lessee": False},            {"project_id": "blue"}, None),
]
# fmt: on


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Any]:
    made: list[building.House] = []

    def build(**options: Any) -> building.House:
        made.append(building.House(f"sqlite:///{tmp_path / 'flow.sqlite'}", conductor__automated_clean=False,
                                   **{f"conductor__{name}": value for name, value in options.items()}))
        return made[-1]
    yield build
    for house in made:
        house.close()


@pytest.mark.parametrize(("options", "info", "lessee"), LENT)
def test_a_deployed_node_is_lent_until_it_is_undeployed(
        make: Any, options: dict[str, Any], info: dict[str, Any], lessee: str | None) -> None:
    house = make(**options)
    ident = house.add("available", instance_info=info)
    for verb in ("deploy", "rebuild"):
        node = house.do(ident, verb)
        assert (node.provision_state, node.lessee) == ("active", lessee)
        assert node.driver_internal_info.get("automatic_lessee") == lessee
    node = house.do(ident, "delete")
    assert (node.provision_state, node.lessee) == ("available", None)
    assert "automatic_lessee" not in node.driver_internal_info


def test_a_lessee_that_somebody_has_set_stays(make: Any) -> None:
    house = make()
    ident = house.add("available", instance_info={"project_id": "blue"}, lessee="green")
    for verb in ("deploy", "delete"):
        assert house.do(ident, verb).lessee == "green"


@pytest.mark.parametrize("lessee", ["green", None])
def test_a_lessee_that_somebody_sets_meanwhile_stays(make: Any, lessee: str | None) -> None:
    house = make()
    ident = house.add("available", instance_info={"project_id": "blue"})
    assert house.do(ident, "deploy").lessee == "blue"
    house.set(ident, lessee=lessee)
    node = house.do(ident, "delete")
    assert (node.lessee, "automatic_lessee" in node.driver_internal_info) == (lessee, False)
    house.set(ident, instance_info={"project_id": "blue"})
    assert house.do(ident, "deploy").lessee == (lessee or "blue")


def test_the_next_instance_is_lent_to_its_own_project(make: Any) -> None:
    house = make()
    ident = house.add("available", instance_info={"project_id": "blue"})
    house.do(ident, "deploy")
    house.do(ident, "delete")
    house.set(ident, instance_info={"project_id": "green"})
    assert house.do(ident, "deploy").lessee == "green"


def test_a_deployment_that_fails_is_still_its_projects(make: Any) -> None:
    """It may try again, or get rid of it."""
    house = make()
    ident = house.add("deploy failed", instance_info={"project_id": "blue"})
    assert house.do(ident, "rebuild").lessee == "blue"
    house.set(ident, provision_state="deploy failed")
    assert house.do(ident, "delete").lessee is None


@pytest.mark.parametrize("named", [{"a": 1}, ["blue"], True, 1.5, "x" * 256])
def test_what_is_no_project_is_refused_before_anything_changes(make: Any, named: Any) -> None:
    house = make()
    ident = house.add("available", instance_info={"project_id": named})
    with pytest.raises(errors.BadField, match="instance_info/project_id") as caught:
        house.start(ident, "deploy")
    assert "automatic_lessee_source" in str(caught.value)
    assert house.path(ident) == []
    none = make(automatic_lessee_source="none")
    assert none.do(none.add("available", instance_info={"project_id": named}), "deploy").provision_state == "active"
