"""Numbers that neither a database nor JSON can hold are the client's fault."""

import pathlib

import pytest

from tests.api import inside

HUGE = str(10**30)


@pytest.mark.parametrize("index", [2**31, -2**31 - 1, HUGE, None, "x"])
def test_a_boot_index_fits_its_column(tmp_path: pathlib.Path, index: object) -> None:
    house = inside.Inside(tmp_path)
    node = house.make("/v1/nodes", {"driver": "fake-hardware"})["uuid"]
    body = {"node_uuid": node, "volume_type": "iscsi", "volume_id": "v", "boot_index": index}
    assert house.ask("POST", "/v1/volume/targets", body=body).status == 400
    house.close()


def test_a_priority_fits_json(tmp_path: pathlib.Path) -> None:
    house = inside.Inside(tmp_path)
    step = {"interface": "deploy", "step": "x", "args": {}, "priority": HUGE}
    assert house.ask("POST", "/v1/deploy_templates", body={"name": "CUSTOM_A", "steps": [step]}).status == 400
    house.close()
