"""Run by the interpreter of .venv-clients: openstacksdk, unmodified, does every call that it has, and says what came.

Prints a JSON object: each method of its proxy, with how often it was called. Asserts as it goes.
"""

import collections
import inspect
import json
import os
import sys
import uuid
from collections.abc import Callable
from typing import Any

import openstack
from openstack import proxy
from openstack.baremetal.v1 import _proxy

STEP = {"interface": "vendor", "step": "log_passthrough"}
WITHIN = 180


class Recording:
    """The proxy, and which of its methods were called with success."""

    def __init__(self, of: Any) -> None:
        self._of = of
        self.calls: collections.Counter[str] = collections.Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._of, name)
        if not callable(found):
            return found

        def called(*args: Any, **kwargs: Any) -> Any:
            made = found(*args, **kwargs)
            # a collection asks only when it is read
            made = list(made) if inspect.isgenerator(made) else made
            self.calls[name] += 1
            return made
        return called


connection = openstack.connect(
    auth_type="http_basic", baremetal_endpoint_override=sys.argv[1],
    auth={"username": os.environ["OS_USERNAME"], "password": os.environ["OS_PASSWORD"], "endpoint": sys.argv[1]})
b: Any = Recording(connection.baremetal)
tag = uuid.uuid4().hex[:8]


def mac(number: int) -> str:
    """An address that nobody else has."""
    return f"52:54:{number:02x}:{tag[:2]}:{tag[2:4]}:{tag[4:6]}"


def refused(what: type[Exception], call: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The text of the exception that a call must raise."""
    try:
        call(*args, **kwargs)
    except what as error:
        return str(error)
    raise AssertionError(f"{call} with {args} {kwargs} was taken")


def chassis() -> Any:
    """Chassis."""
    made = b.create_chassis(description=f"rack {tag}")
    assert made.id in {one.id for one in b.chassis(details=True)} and b.find_chassis(made.id).id == made.id
    assert b.update_chassis(made, description="other").description == "other"
    assert b.patch_chassis(made, [{"op": "add", "path": "/extra/a", "value": 1}]).extra == {"a": 1}
    assert b.get_chassis(made.id, fields=["uuid", "description"]).description == "other"
    return made


def nodes(inside: Any) -> Any:
    """A node that is enrolled, changed, looked for."""
    node = b.create_node(driver="fake-hardware", name=f"sdk-{tag}", chassis_id=inside.id, resource_class=f"class-{tag}")
    assert node.id in {one.id for one in b.nodes(details=True)}
    assert b.find_node(node.name).id == node.id and b.get_node(node.id, fields=["uuid", "name"]).name == node.name
    assert b.update_node(node, extra={"a": "b"}).extra == {"a": "b"}
    assert b.patch_node(node, [{"op": "add", "path": "/description", "value": "d"}]).description == "d"
    b.set_node_provision_state(node, "manage", wait=True, timeout=WITHIN)
    assert all(one.result for one in b.validate_node(node, required=("power", "deploy")).values() if one.reason is None)
    b.set_node_maintenance(node, reason="a fan")
    b.unset_node_maintenance(node)
    return b.get_node(node.id)


def hardware(node: Any) -> None:
    """What controllers are asked and told."""
    b.set_node_power_state(node, "power on", wait=True, timeout=WITHIN)
    b.wait_for_node_power_state(node, "power on", timeout=WITHIN)
    b.set_node_boot_device(node, "pxe", persistent=True)
    assert b.get_node_boot_device(node)["boot_device"]
    assert b.get_node_supported_boot_devices(node)["supported_boot_devices"]
    b.set_node_boot_mode(node, "uefi")
    b.wait_for_node_reservation(node, timeout=WITHIN)
    b.set_node_secure_boot(node, True)
    b.wait_for_node_reservation(node, timeout=WITHIN)
    b.inject_nmi_to_node(node)
    b.enable_node_console(node)
    b.wait_for_node_reservation(node, timeout=WITHIN)
    assert "console_enabled" in b.get_node_console(node)
    b.disable_node_console(node)
    b.wait_for_node_reservation(node, timeout=WITHIN)
    b.attach_vmedia_to_node(node, "cdrom", "http://192.0.2.1/boot.iso")
    b.wait_for_node_reservation(node, timeout=WITHIN)
    b.detach_vmedia_from_node(node, ["cdrom"])
    b.wait_for_node_reservation(node, timeout=WITHIN)
    assert b.list_node_firmware(node) is not None
    assert b.list_node_vendor_passthru(node)
    b.call_node_vendor_passthru(node, "POST", "third_method_sync", {"bar": "meow"})
    assert b.list_driver_vendor_passthru("fake-hardware") is not None


def traits(node: Any) -> None:
    """Traits of a node."""
    b.set_node_traits(node, ["CUSTOM_A", "CUSTOM_B"])
    b.add_node_trait(node, "CUSTOM_C")
    b.remove_node_trait(node, "CUSTOM_A")
    assert sorted(b.get_node(node.id).traits) == ["CUSTOM_B", "CUSTOM_C"]


def networks(node: Any) -> None:
    """Ports, port groups, virtual interfaces."""
    group = b.create_port_group(node_id=node.id, name=f"bond-{tag}", address=mac(1))
    assert group.id in {one.id for one in b.port_groups(details=True)} and b.find_port_group(group.name).id == group.id
    assert b.update_port_group(group, extra={"a": 1}).extra == {"a": 1}
    assert b.patch_port_group(group, [{"op": "replace", "path": "/mode", "value": "802.3ad"}]).mode == "802.3ad"
    assert b.get_port_group(group.id, fields=["uuid", "mode"]).mode == "802.3ad"
    port = b.create_port(node_id=node.id, address=mac(2), port_group_id=group.id)
    assert port.id in {one.id for one in b.ports(details=True, node=node.id)} and b.find_port(port.id).id == port.id
    assert b.update_port(port, extra={"cable": "red"}).extra == {"cable": "red"}
    assert b.patch_port(port, [{"op": "add", "path": "/description", "value": "d"}]).id == port.id
    assert b.get_port(port.id, fields=["uuid", "address"]).address == mac(2)
    vif = str(uuid.uuid4())
    b.attach_vif_to_node(node, vif)
    b.list_node_vifs(node)
    b.detach_vif_from_node(node, vif, ignore_missing=True)
    b.delete_port(port)
    b.delete_port_group(group)


def volumes(node: Any) -> None:
    """Connectors and targets, of a node that is off."""
    b.set_node_power_state(node, "power off", wait=True, timeout=WITHIN)
    connector = b.create_volume_connector(node_id=node.id, type="iqn", connector_id=f"iqn.{tag}")
    assert connector.id in {one.id for one in b.volume_connectors(details=True)}
    assert b.find_volume_connector(connector.id).id == connector.id
    assert b.update_volume_connector(connector, extra={"a": 1}).extra == {"a": 1}
    b.patch_volume_connector(connector, [{"op": "replace", "path": "/connector_id", "value": f"iqn.x.{tag}"}])
    assert b.get_volume_connector(connector.id).connector_id == f"iqn.x.{tag}"
    target = b.create_volume_target(node_id=node.id, volume_type="iscsi", boot_index=0, volume_id=str(uuid.uuid4()))
    assert target.id in {one.id for one in b.volume_targets(details=True)}
    assert b.find_volume_target(target.id).id == target.id
    assert b.update_volume_target(target, extra={"a": 1}).extra == {"a": 1}
    b.patch_volume_target(target, [{"op": "replace", "path": "/boot_index", "value": 1}])
    assert b.get_volume_target(target.id).boot_index == 1
    b.delete_volume_target(target)
    b.delete_volume_connector(connector)


def templates() -> None:
    """Deploy templates, runbooks, inspection rules."""
    template = b.create_deploy_template(name=f"CUSTOM_{tag.upper()}", steps=[{**STEP, "args": {}, "priority": 10}])
    assert template.id in {one.id for one in b.deploy_templates(details=True)}
    assert b.find_deploy_template(template.name).id == template.id
    assert b.update_deploy_template(template, extra={"a": 1}).extra == {"a": 1}
    b.patch_deploy_template(template, [{"op": "add", "path": "/extra/b", "value": 2}])
    assert b.get_deploy_template(template.id).extra == {"a": 1, "b": 2}
    b.delete_deploy_template(template)
    book = b.create_runbook(name=f"CUSTOM_{tag.upper()}", steps=[{**STEP, "args": {}, "order": 1}])
    assert book.id in {one.id for one in b.runbooks(details=True)}
    assert b.update_runbook(book, extra={"a": 1}).extra == {"a": 1}
    b.patch_runbook(book, [{"op": "add", "path": "/extra/b", "value": 2}])
    assert b.get_runbook(book.id).extra == {"a": 1, "b": 2}
    b.set_runbook_traits(book, ["CUSTOM_A"])
    b.add_runbook_trait(book, "CUSTOM_B")
    b.remove_runbook_trait(book, "CUSTOM_A")
    b.delete_runbook(book)
    rule = b.create_inspection_rule(description="r", actions=[{"op": "log", "args": {"msg": "hello"}}])
    assert rule.id in {one.id for one in b.inspection_rules(details=True)}
    b.update_inspection_rule(rule, description="s")
    b.patch_inspection_rule(rule, [{"op": "replace", "path": "/priority", "value": 7}])
    assert b.get_inspection_rule(rule.id).priority == 7
    b.delete_inspection_rule(rule)


def life(node: Any) -> None:
    """Inspection, cleaning, an allocation, a deploy, and back."""
    b.set_node_provision_state(node, "inspect", wait=True, timeout=WITHIN)
    # the fake finds nothing out: that there is no inventory is said
    assert "nventory" in refused(openstack.exceptions.NotFoundException, b.get_node_inventory, node)
    b.calls["get_node_inventory"] += 1
    b.set_node_provision_state(node, "provide", wait=True, timeout=WITHIN)
    b.wait_for_nodes_provision_state([node], "available", timeout=WITHIN)
    made = b.create_allocation(resource_class=f"class-{tag}", name=f"want-{tag}")
    made = b.wait_for_allocation(made, timeout=WITHIN)
    assert made.node_id == node.id and made.id in {one.id for one in b.allocations()}
    assert b.update_allocation(made, extra={"a": 1}).extra == {"a": 1}
    b.patch_allocation(made, [{"op": "add", "path": "/extra/b", "value": 2}])
    assert b.get_allocation(made.id).extra == {"a": 1, "b": 2}
    node = b.set_node_provision_state(node, "active", wait=True, timeout=WITHIN)
    node = b.set_node_provision_state(node, "deleted", wait=True, timeout=WITHIN)
    assert node.provision_state == "available"
    again = b.wait_for_allocation(b.create_allocation(resource_class=f"class-{tag}"), timeout=WITHIN)
    b.delete_allocation(again)


def rest(node: Any, inside: Any) -> None:
    """Drivers, conductors, and what is left."""
    assert {one.name for one in b.drivers(details=True)} >= {"fake-hardware"}
    assert b.get_driver("fake-hardware").name == "fake-hardware"
    host = b.conductors(details=True)[0].hostname
    assert b.get_conductor(host).hostname == host
    said = refused(openstack.exceptions.BadRequestException, b.call_driver_vendor_passthru, "fake-hardware", "POST",
                   "unicorn", {})
    assert "unicorn" in said
    b.calls["call_driver_vendor_passthru"] += 1
    assert b.wait_for_status(b.get_node(node.id), "available", attribute="provision_state", failures=[]).id == node.id
    b.delete_node(node)
    b.wait_for_delete(node, interval=1, wait=WITHIN)
    b.delete_chassis(inside)


where = chassis()
server = nodes(where)
hardware(server)
traits(server)
networks(server)
volumes(server)
templates()
life(server)
rest(server, where)

own = {name for name, _ in inspect.getmembers(_proxy.Proxy, inspect.isfunction)
       if not name.startswith("_") and (name not in dir(proxy.Proxy) or name in vars(_proxy.Proxy))}
left = sorted(own - set(b.calls))
assert not left, f"these calls were not tried: {left}"
print(json.dumps({name: b.calls[name] for name in sorted(own)}))
