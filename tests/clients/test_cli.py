"""python-ironicclient's command does an operator's day against our service: simulated IPMI servers and fakes."""

import uuid

import pytest


@pytest.fixture
def node(cli):
    """A fresh fake node, gone afterwards."""
    name = f"cli-{uuid.uuid4().hex[:8]}"
    cli("node", "create", "--driver", "fake-hardware", "--name", name, "--resource-class", "small",
        "--property", "cpus=8", "--extra", "rack=r1")
    yield name
    cli("node", "maintenance", "set", name)
    cli("node", "delete", name)


def test_the_fleet_is_there(cli):
    names = {row["name"] for row in cli.json("node", "list")}
    assert {f"server-{number}" for number in range(1, 6)} <= names


def test_create_list_show_set_unset_delete(cli, node):
    shown = cli.json("node", "show", node)
    assert (shown["driver"], shown["provision_state"], shown["resource_class"]) == ("fake-hardware", "enroll", "small")
    assert shown["properties"] == {"cpus": 8} and shown["power_state"] is None
    cli("node", "set", node, "--description", "in the corner", "--extra", "asset=42", "--driver-info", "B1=secret")
    shown = cli.json("node", "show", node)
    assert shown["description"] == "in the corner" and shown["extra"] == {"rack": "r1", "asset": 42}
    cli("node", "unset", node, "--description", "--extra", "rack")
    shown = cli.json("node", "show", node)
    assert shown["description"] is None and shown["extra"] == {"asset": 42}
    listed = cli.json("node", "list", "--resource-class", "small", "--fields", "uuid", "name", "extra")
    assert node in {row["name"] for row in listed}


def test_ports(cli, node):
    uuid_ = cli.json("node", "show", node)["uuid"]
    mac = f"52:54:00:{uuid_[0:2]}:{uuid_[2:4]}:{uuid_[4:6]}"
    port = cli.json("port", "create", mac, "--node", uuid_, "--pxe-enabled", "true", "--physical-network", "net1")
    assert port["address"] == mac and port["node_uuid"] == uuid_
    assert [row["address"] for row in cli.json("port", "list", "--node", node)] == [mac]
    cli("port", "set", port["uuid"], "--extra", "cable=blue", "--physical-network", "net2")
    shown = cli.json("port", "show", port["uuid"])
    assert shown["extra"] == {"cable": "blue"} and shown["physical_network"] == "net2"
    cli("port", "unset", port["uuid"], "--extra", "cable")
    assert cli.json("port", "show", port["uuid"])["extra"] == {}
    refused = cli.run("port", "create", mac, "--node", uuid_)
    assert refused.returncode != 0 and mac in refused.stderr and "409" in refused.stderr
    cli("port", "delete", port["uuid"])
    assert cli.json("port", "list", "--node", node) == []


def test_chassis(cli):
    chassis = cli.json("chassis", "create", "--description", "left", "--extra", "u=3")
    cli("chassis", "set", chassis["uuid"], "--description", "right")
    assert cli.json("chassis", "show", chassis["uuid"])["description"] == "right"
    assert chassis["uuid"] in {row["uuid"] for row in cli.json("chassis", "list")}
    cli("chassis", "delete", chassis["uuid"])


def test_drivers_and_conductors(cli):
    names = {row["name"] for row in cli.json("driver", "list")}
    assert {"ipmi", "fake-hardware", "manual-management"} <= names
    assert "ipmi_address" in {row["property"] for row in cli.json("driver", "property", "list", "ipmi")}
    assert cli.json("driver", "show", "ipmi")["default_power_interface"] == "ipmitool"
    (conductor,) = cli.json("conductor", "list")
    assert conductor["alive"] is True
    assert "ipmi" in cli.json("conductor", "show", conductor["hostname"])["drivers"]


def test_traits(cli, node):
    cli("node", "add", "trait", node, "CUSTOM_GOLD", "HW_CPU_X86_VMX")
    listed = {row["traits"] for row in cli.json("node", "trait", "list", node)}
    assert listed == {"CUSTOM_GOLD", "HW_CPU_X86_VMX"}
    cli("node", "remove", "trait", node, "CUSTOM_GOLD")
    assert [row["traits"] for row in cli.json("node", "trait", "list", node)] == ["HW_CPU_X86_VMX"]


def test_maintenance(cli, node):
    cli("node", "maintenance", "set", node, "--reason", "new fan")
    shown = cli.json("node", "show", node)
    assert shown["maintenance"] is True and shown["maintenance_reason"] == "new fan"
    cli("node", "maintenance", "unset", node)
    shown = cli.json("node", "show", node)
    assert shown["maintenance"] is False and shown["maintenance_reason"] is None


def test_the_whole_life_of_a_node(cli, node):
    cli("node", "manage", node, "--wait", "180")
    cli("node", "inspect", node, "--wait", "180")
    cli("node", "clean", node, "--clean-steps", '[{"interface": "bios", "step": "factory_reset"}]', "--wait", "180")
    cli("node", "provide", node, "--wait", "180")
    cli("node", "deploy", node, "--wait", "180", "--config-drive", '{"meta_data": {"name": "web1"}}')
    assert cli.json("node", "show", node)["instance_info"]["configdrive"] == "******"
    cli("node", "rebuild", node, "--wait", "180")
    cli("node", "undeploy", node, "--wait", "180")
    shown = cli.json("node", "show", node)
    assert shown["provision_state"] == "available" and shown["instance_info"] == {}
    cli("node", "manage", node, "--wait", "180")
    cli("node", "adopt", node, "--wait", "180")
    assert cli.json("node", "show", node)["provision_state"] == "active"
    events = cli.json("node", "history", "list", node)
    assert len(events) >= 10
    event = cli.json("node", "history", "get", node, events[0]["uuid"])
    assert event["event"]


def test_a_refused_verb_says_what_is_possible(cli, node):
    refused = cli.run("node", "deploy", node)
    assert refused.returncode != 0
    assert "enroll" in refused.stderr and "manage" in refused.stderr and "Traceback" not in refused.stderr


def test_a_simulated_server_is_driven_over_ipmi(cli):
    """Power, boot device, sensors' way: real IPMI 2.0 between conductor and BMC."""
    name = "server-1"
    if cli.json("node", "show", name)["provision_state"] == "enroll":
        cli("node", "manage", name, "--wait", "180")
    assert cli.json("node", "show", name)["driver_internal_info"]["bmc"]["firmware"]
    rows = {row["Interface"]: row for row in cli.json("node", "validate", name)}
    assert rows["power"]["Result"] is True and rows["management"]["Result"] is True
    cli("node", "power", "on", name, "--power-timeout", "180")
    cli.until(name, "power_state", "power on")
    cli("node", "reboot", name)
    cli.until(name, "target_power_state", None)
    cli("node", "boot", "device", "set", name, "pxe", "--persistent")
    assert cli.json("node", "boot", "device", "show", name) == {"boot_device": "pxe", "persistent": True}
    supported = cli.json("node", "boot", "device", "show", name, "--supported")["supported_boot_devices"]
    assert {"pxe", "disk", "cdrom"} <= set(supported.split(", ") if isinstance(supported, str) else supported)
    cli("node", "inject", "nmi", name)
    cli("node", "power", "off", name, "--soft", "--power-timeout", "180")
    cli.until(name, "power_state", "power off")
    shown = cli.json("node", "show", name)
    assert shown["driver_info"]["ipmi_password"] == "******" and shown["last_error"] is None


def test_a_wrong_password_ends_in_enroll_and_says_so(cli):
    name = f"wrong-{uuid.uuid4().hex[:6]}"
    info = cli.json("node", "show", "server-2")["driver_info"]
    cli("node", "create", "--driver", "ipmi", "--name", name, "--driver-info", f"ipmi_address={info['ipmi_address']}",
        "--driver-info", f"ipmi_port={info.get('ipmi_port', 623)}", "--driver-info", "ipmi_username=admin",
        "--driver-info", "ipmi_password=not-this-one")
    try:
        assert cli.run("node", "manage", name, "--wait", "180").returncode != 0
        shown = cli.until(name, "provision_state", "enroll")
        assert "password" in shown["last_error"].lower() and "not-this-one" not in shown["last_error"]
    finally:
        cli("node", "delete", name)


def test_validate_asks_the_controller_itself(cli):
    """Well-formed credentials that are wrong are found out before anything is tried."""
    name = f"asked-{uuid.uuid4().hex[:6]}"
    info = cli.json("node", "show", "server-3")["driver_info"]
    cli("node", "create", "--driver", "ipmi", "--name", name, "--driver-info", f"ipmi_address={info['ipmi_address']}",
        "--driver-info", f"ipmi_port={info['ipmi_port']}", "--driver-info", "ipmi_username=nobody",
        "--driver-info", "ipmi_password=wrong")
    try:
        rows = {row["Interface"]: row for row in cli.json("node", "validate", name)}
        assert rows["management"]["Result"] is False and "nobody" in rows["management"]["Reason"]
        rows = {row["Interface"]: row for row in cli.json("node", "validate", "server-3")}
        assert rows["management"]["Result"] is True
    finally:
        cli("node", "delete", name)
