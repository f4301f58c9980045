"""Our client of Neutron against the real server with SQLite."""

import uuid
from collections.abc import Callable

import pytest

from baremetal import errors
from baremetal.clients import cloud
from baremetal.clients.cloud import neutron as client
from tests.neighbours import conftest
from tests.services import neutron

LINK = {"switch_id": "00:11:22:33:44:55", "port_id": "Ethernet1/3", "switch_info": "tor1"}


@pytest.fixture
def ours(conf: Callable[..., object], networks: neutron.Service) -> client.Neutron:
    """Our client."""
    return cloud.Cloud(conf("neutron")).neutron     # type: ignore[arg-type]


@pytest.fixture
def network(small: conftest.Small, networks: neutron.Service) -> dict[str, str]:
    """A network of its own."""
    name = f"provisioning-{uuid.uuid4().hex[:6]}"
    made = networks.ask(small.token, "POST", "networks", network={"name": name})["network"]
    networks.ask(small.token, "POST", "subnets", subnet={
        "network_id": made["id"], "cidr": "192.0.2.0/24", "ip_version": 4})
    return dict(made)


def test_network_is_found_by_id_and_by_its_only_name(
        ours: client.Neutron, network: dict[str, str], small: conftest.Small, networks: neutron.Service) -> None:
    assert ours.network(network["id"])["id"] == ours.network(network["name"])["id"] == network["id"]
    networks.ask(small.token, "POST", "networks", network={"name": network["name"]})
    with pytest.raises(errors.NeighbourConflict, match=f"2 networks are named '{network['name']}'"):
        ours.network(network["name"])
    with pytest.raises(errors.NeighbourLacks, match="no network 'nowhere'"):
        ours.network("nowhere")


def test_port_lives(ours: client.Neutron, network: dict[str, str]) -> None:
    made = ours.create(network["id"], "52:54:00:00:00:01", device_owner="baremetal:none")
    assert made["binding:vnic_type"] == "baremetal" and made["fixed_ips"]
    assert [port["id"] for port in ours.ports(mac_address="52:54:00:00:00:01")] == [made["id"]]
    bound = ours.bind(made["id"], "node-host", [LINK])
    assert bound["binding:host_id"] == "node-host"
    assert bound["binding:profile"] == {"local_link_information": [LINK]}
    ours.unbind(made["id"])
    assert (ours.port(made["id"])["binding:host_id"], ours.port(made["id"])["binding:profile"]) == ("", {})
    assert ours.update(made["id"], mac_address="52:54:00:00:00:02")["mac_address"] == "52:54:00:00:00:02"
    for _ in range(2):
        ours.delete(made["id"])
    ours.unbind(made["id"])
    with pytest.raises(errors.NeighbourLacks, match="404"):
        ours.port(made["id"])


def test_dhcp_options_replace_those_before(ours: client.Neutron, network: dict[str, str]) -> None:
    port = ours.create(network["id"], "52:54:00:00:00:03")["id"]
    for wanted in ({"bootfile-name": "one", "150": "192.0.2.1"}, {"bootfile-name": "two"}):
        ours.boot_from(port, wanted)
        told = {one["opt_name"]: one["opt_value"] for one in ours.port(port)["extra_dhcp_opts"]}
        assert told == wanted


def test_two_ports_with_one_mac_are_a_conflict(ours: client.Neutron, network: dict[str, str]) -> None:
    ours.create(network["id"], "52:54:00:00:00:04")
    with pytest.raises(errors.NeighbourConflict, match="52:54:00:00:00:04"):
        ours.create(network["id"], "52:54:00:00:00:04")


def test_security_groups_by_name_and_id(ours: client.Neutron, small: conftest.Small, networks: neutron.Service) -> None:
    made = networks.ask(small.token, "POST", "security-groups", security_group={"name": f"g-{uuid.uuid4().hex}"})
    group = made["security_group"]
    assert ours.groups([group["name"], group["id"]]) == [group["id"], group["id"]]
    with pytest.raises(errors.NeighbourLacks, match="no security group 'nobody'"):
        ours.groups(["nobody"])


def test_no_agent_is_alive_where_there_is_none(ours: client.Neutron) -> None:
    with pytest.raises(errors.NeighbourUnavailable, match="no network agent of host nowhere is alive after 2 looks"):
        ours.wait_for_agent("nowhere", attempts=2, interval=0)
