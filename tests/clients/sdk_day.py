"""Run by the interpreter of .venv-clients: openstacksdk, unmodified, does an operator's day. Asserts as it goes."""

import os
import sys
import uuid

import openstack

connection = openstack.connect(
    auth_type="http_basic", baremetal_endpoint_override=sys.argv[1],
    auth={"username": os.environ["OS_USERNAME"], "password": os.environ["OS_PASSWORD"], "endpoint": sys.argv[1]})
baremetal = connection.baremetal
name = f"sdk-{uuid.uuid4().hex[:8]}"

node = baremetal.create_node(driver="fake-hardware", name=name, properties={"cpus": 4}, extra={"rack": "r2"})
assert node.provision_state == "enroll" and node.driver == "fake-hardware", node
assert baremetal.find_node(name).id == node.id and baremetal.get_node(node.id).name == name
assert name in {found.name for found in baremetal.nodes(details=True)}
enrolled = baremetal.nodes(provision_state="enroll", driver="fake-hardware", fields=["uuid", "name"])
assert [found.name for found in enrolled if found.name == name] == [name]

node = baremetal.update_node(node, description="by sdk", extra={"rack": "r3"})
assert node.description == "by sdk" and node.extra == {"rack": "r3"}
node = baremetal.patch_node(node, [{"op": "remove", "path": "/description"}])
assert node.description is None
assert "power" in baremetal.validate_node(node, required=None)

mac = f"52:54:01:{node.id[:2]}:{node.id[2:4]}:{node.id[4:6]}"
port = baremetal.create_port(node_uuid=node.id, address=mac)
assert [found.id for found in baremetal.ports(node=node.id)] == [port.id]
port = baremetal.update_port(port, extra={"cable": "red"})
assert port.extra == {"cable": "red"}
baremetal.delete_port(port)
assert list(baremetal.ports(node=node.id)) == []

node = baremetal.set_node_provision_state(node, "manage", wait=True, timeout=180)
assert node.provision_state == "manageable"
node = baremetal.set_node_provision_state(node, "provide", wait=True, timeout=180)
assert node.provision_state == "available"
baremetal.set_node_power_state(node, "power on", wait=True, timeout=180)
assert baremetal.get_node(node.id).power_state == "power on"
baremetal.set_node_power_state(node, "rebooting", wait=True, timeout=180)
baremetal.set_node_power_state(node, "power off", wait=True, timeout=180)
baremetal.set_node_boot_device(node, "pxe", persistent=False)
assert baremetal.get_node_boot_device(node)["boot_device"] == "pxe"
assert baremetal.get_node_supported_boot_devices(node)["supported_boot_devices"]

baremetal.add_node_trait(node, "CUSTOM_SILVER")
baremetal.set_node_traits(node, ["CUSTOM_SILVER", "CUSTOM_FAST"])
assert sorted(baremetal.get_node(node.id).traits) == ["CUSTOM_FAST", "CUSTOM_SILVER"]
baremetal.remove_node_trait(node, "CUSTOM_FAST")

baremetal.set_node_maintenance(node, reason="test")
assert baremetal.get_node(node.id).maintenance_reason == "test"
baremetal.unset_node_maintenance(node)

node = baremetal.update_node(node, instance_id=str(uuid.uuid4()))
try:
    baremetal.update_node(baremetal.get_node(node.id), instance_id=str(uuid.uuid4()))
except openstack.exceptions.ConflictException as refused:
    assert "nstance" in str(refused), refused
else:
    raise AssertionError("a second instance took the node")
node = baremetal.set_node_provision_state(node, "active", wait=True, timeout=180)
assert node.provision_state == "active"
node = baremetal.set_node_provision_state(node, "deleted", wait=True, timeout=180)
assert node.provision_state == "available" and node.instance_id is None

try:
    baremetal.set_node_provision_state(node, "inspect")
except openstack.exceptions.BadRequestException as refused:
    assert "available" in str(refused), refused
else:
    raise AssertionError("inspect of an available node was taken")
try:
    baremetal.get_node("nobody")
except openstack.exceptions.NotFoundException as refused:
    assert "nobody" in str(refused), refused

chassis = baremetal.create_chassis(description="sdk")
assert baremetal.get_chassis(chassis.id).description == "sdk"
baremetal.delete_chassis(chassis)
assert {driver.name for driver in baremetal.drivers()} >= {"ipmi", "fake-hardware"}
assert all(conductor.hostname for conductor in baremetal.conductors())

baremetal.delete_node(node)
assert baremetal.find_node(name) is None
print("openstacksdk: all done")
