"""Every verb on fake hardware, from its call to its end."""

import pytest

from tests.flow import house as building


def test_life(house: building.House) -> None:
    """A node's usual life, with the states it passes through."""
    ident = house.add()
    assert house.do(ident, "manage").provision_state == "manageable"
    assert house.do(ident, "provide").provision_state == "available"
    node = house.do(ident, "deploy", configdrive="aaa")
    assert (node.provision_state, node.target_provision_state, node.reservation) == ("active", None, None)
    assert node.instance_info["configdrive"] == "aaa"
    node = house.do(ident, "delete")
    assert (node.provision_state, node.instance_info, node.instance_uuid) == ("available", {}, None)
    assert house.path(ident) == ["enroll", "verifying", "manageable", "cleaning", "available", "deploying", "active",
                                 "deleting", "cleaning", "available"]
