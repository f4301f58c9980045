"""Run by the interpreter of .venv-nova: what nova-compute does with its driver in the life of an instance.

Reads what servers it may use from its argument, a JSON file; prints a line of JSON for each thing that it has done.
"""

import faulthandler
import json
import pathlib
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from tests.nova import making  # isort: skip  must come first: it decides between threads and greenlets

from nova import exception
from nova.compute import power_state, provider_tree, task_states, vm_states
from openstack import exceptions as sdk


class Standing:
    """One server, what Nova has around it, and what is looked at again and again."""

    def __init__(self, asked: dict[str, Any], server: dict[str, Any]) -> None:
        self.server, self.node = server, server["uuid"]
        self.context = making.admin()
        self.instances: list[Any] = []
        self.driver = making.compute(self.instances)
        self.connection = self.driver.ironic_connection
        self.image = making.image(server["image"])
        self.flavor = making.flavor(**{"trait:CUSTOM_GOLD": "required", "capabilities:boot_mode": "uefi"})
        self.instance = making.instance(self.node, self.flavor)
        self.network = making.network("fa:16:3e:00:00:01")

    def _booted(self) -> None:
        """Wait for the system: what still boots does not hear the power button, and Nova waits ten minutes for it."""
        if self.server["look"]:
            until(self._look, lambda seen: seen["phase"] == "running")

    def _look(self) -> Any:
        return json.loads(subprocess.run(self.server["look"], capture_output=True, check=True).stdout)

    def _class(self) -> str:
        return "CUSTOM_" + str(self.server["resource_class"]).upper().replace(".", "_")

    def _provider(self) -> tuple[Any, Any]:
        """Return inventory and traits as placement would be told."""
        tree = provider_tree.ProviderTree()
        tree.new_root(self.node, self.node)
        self.driver.update_provider_tree(tree, self.node)
        found = tree.data(self.node)
        return found.inventory, found.traits

    def _vifs(self) -> list[str]:
        return list(self.connection.list_node_vifs(self.node))

    def _power(self) -> int:
        return int(self.driver.get_info(self.instance, use_cache=False).state)


class Life(Standing):
    """One instance on one server, from the scheduler's choice to its end."""

    def lists_and_reports(self) -> None:
        """The resource tracker's view of a free server."""
        assert self.node in self.driver.get_available_nodes()
        assert self.driver.node_is_available(self.node) and not self.driver.is_node_deleted(self.node)
        resources = self.driver.get_available_resource(self.node)
        assert resources["resource_class"] == self.server["resource_class"], resources
        assert resources["supported_instances"] == [("x86_64", "baremetal", "hvm")], resources
        inventory, traits = self._provider()
        assert inventory[self._class()]["total"] == 1 and not inventory[self._class()]["reserved"], inventory
        assert "CUSTOM_GOLD" in traits, traits

    def keeps_to_its_share(self) -> None:
        """A compute service of a conductor group or shard sees the servers of that only."""
        options = making.CONF.ironic
        making.CONF.set_override("peer_list", [making.HOST], "ironic")
        for option, ours, other in (("conductor_group", "", "elsewhere"), ("shard", self.server["shard"], "another")):
            for value, seen in ((ours, True), (other, False)):
                making.CONF.set_override(option, value, "ironic")
                assert (self.node in self.driver.get_available_nodes()) == seen, (option, options[option])
            making.CONF.clear_override(option, "ironic")
        assert self.node in self.driver.get_available_nodes()

    def reserves(self) -> None:
        """One instance gets the server; others are told that it is gone."""
        stale = self.driver._get_node(self.node)
        self.driver.prepare_for_spawn(self.instance)
        self.instances.append(self.instance)
        other = making.instance(self.node, self.flavor)
        refused(exception.ComputeResourcesUnavailable, lambda: self.driver.prepare_for_spawn(other))
        # who has looked before loses the race
        refused(exception.InstanceDeployFailure, lambda: self.driver._set_instance_id(stale, other))
        assert self.connection.get_node(self.node).instance_id == self.instance.uuid

    def plugs(self) -> None:
        """The ports of Neutron are attached, once each."""
        for _ in range(2):
            self.driver.prepare_networks_before_block_device_mapping(self.instance, self.network)
        wanted = [self.network[0]["id"]]
        assert self._vifs() == wanted, self._vifs()
        for _ in range(2):
            self.driver.unplug_vifs(self.instance, self.network)
        assert self._vifs() == []
        self.driver.prepare_networks_before_block_device_mapping(self.instance, self.network)
        assert self._vifs() == wanted

    def spawns(self) -> None:
        """With a config drive that knows keys, user data and the network."""
        self.driver.spawn(self.context, self.instance, self.image, [], "secret", {}, self.network)
        self.instance.vm_state, self.instance.task_state = vm_states.ACTIVE, None
        node = self.connection.get_node(self.node)
        assert node.provision_state == "active", node
        for key, value in {"image_source": self.server["image"], "display_name": self.instance.display_name,
                           "traits": ["CUSTOM_GOLD"], "nova_host_id": making.HOST, "project_id": "lab"}.items():
            assert node.instance_info[key] == value, (key, node.instance_info)
        if self.server["look"]:
            self._read(self._look())

    def _read(self, shown: Any) -> None:
        """Compare what the server booted with what Nova gave it."""
        drive = next(found for found in within(shown) if "label" in found)
        link, = (one for one in drive["network_data"]["links"] if one["vif_id"] == self.network[0]["id"])
        assert (drive["label"], drive["meta_data"]["uuid"]) == ("config-2", self.instance.uuid), drive
        assert drive["meta_data"]["public_keys"] == {"alice": "ssh-ed25519 AAAA alice"}, drive
        assert drive["user_data"].startswith("#cloud-config"), drive
        # the address of the port that carries the VIF, not the one that Neutron gave it
        assert (link["type"], link["ethernet_mac_address"]) == ("phy", self.server["macs"][0]), drive

    def looks(self) -> None:
        """What Nova asks of a running instance."""
        assert self.driver.get_info(self.instance, use_cache=False).state == power_state.RUNNING
        assert self.node in self.driver.get_available_nodes()
        assert self.driver.list_instance_uuids() == [self.instance.uuid]
        assert self.driver.instance_exists(self.instance)
        inventory, _ = self._provider()
        assert inventory[self._class()]["total"] == 1, inventory
        assert self.driver.get_volume_connector(self.instance)["host"]

    def switches(self) -> None:
        """Off, softly and hard; on; both kinds of reboot."""
        driver = self.driver
        driver.power_off(self.instance)
        assert self._power() == power_state.SHUTDOWN
        driver.power_on(self.context, self.instance, self.network)
        assert self._power() == power_state.RUNNING
        self._booted()
        driver.power_off(self.instance, timeout=10)
        assert self._power() == power_state.SHUTDOWN
        driver.power_on(self.context, self.instance, self.network)
        for kind in ("SOFT", "HARD"):
            self._booted()
            driver.reboot(self.context, self.instance, self.network, kind)
            assert self._power() == power_state.RUNNING
        if self.server["nmi"]:
            driver.trigger_crash_dump(self.instance)

    def plugs_while_it_runs(self) -> None:
        """Another interface comes and goes."""
        another = making.vif("fa:16:3e:00:00:02", self.network[0]["network"])
        self.driver.attach_interface(self.context, self.instance, self.image, another)
        assert another["id"] in self._vifs()
        self.driver.detach_interface(self.context, self.instance, another)
        assert another["id"] not in self._vifs()

    def opens_a_console(self) -> None:
        """None is enabled, then one is that Nova cannot use: it says so, and has closed and opened it meanwhile."""
        refused(exception.ConsoleTypeUnavailable, lambda: self.driver.get_serial_console(self.context, self.instance))
        if self.server["console"]:
            self.connection.enable_node_console(self.node)
            until(lambda: self.connection.get_node_console(self.node), lambda seen: seen["console_enabled"])
            refused(exception.ConsoleTypeUnavailable,
                    lambda: self.driver.get_serial_console(self.context, self.instance))
            assert self.connection.get_node_console(self.node)["console_enabled"]

    def rescues(self) -> None:
        """A ramdisk with a password, and back."""
        self.driver.rescue(self.context, self.instance, self.network, self.image, "password", {}, None)
        assert self.connection.get_node(self.node).provision_state == "rescue"
        self.driver.unrescue(self.context, self.instance)
        assert self.connection.get_node(self.node).provision_state == "active"

    def rebuilds(self) -> None:
        """The image again, in the same place."""
        self.instance.task_state = task_states.REBUILDING
        self.driver.rebuild(self.context, self.instance, self.image, [], "secret", {}, [], None, None, self.network)
        self.instance.task_state = None
        assert self.connection.get_node(self.node).provision_state == "active"
        assert self._vifs() == [self.network[0]["id"]]

    def destroys(self) -> None:
        """Nothing of the tenant is left, and the server is free again."""
        self.driver.destroy(self.context, self.instance, self.network)
        self.instances.clear()
        node = until(lambda: self.connection.get_node(self.node), lambda seen: seen.provision_state == "available")
        assert node.instance_id is None and node.instance_info == {}, node
        assert self._vifs() == []
        self.driver.destroy(self.context, self.instance, self.network)      # again, as after a crash: nothing to do
        assert not self.driver.instance_exists(self.instance)
        assert self.node in self.driver.get_available_nodes()

    def gives_up(self) -> None:
        """A server that cannot be deployed is left as it was found."""
        doomed = making.instance(self.node, self.flavor)
        self.instances.append(doomed)
        self.connection.patch_node(self.node, [{"op": "add", "path": "/driver_info/fake_faults",
                                                "value": {"deploy.deploy": "the disk is gone"}}])
        self.driver.prepare_for_spawn(doomed)
        told = refused(exception.InstanceDeployFailure, lambda: self.driver.spawn(
            self.context, doomed, self.image, [], None, {}, self.network))
        assert "the disk is gone" in told, told
        self.driver.destroy(self.context, doomed, self.network)
        self.instances.clear()
        until(lambda: self.connection.get_node(self.node), lambda seen: seen.provision_state == "available")
        self.driver.prepare_for_spawn(doomed)
        self.driver.failed_spawn_cleanup(doomed)
        node = self.connection.get_node(self.node)
        assert node.instance_id is None and node.instance_info == {}, node

    def bonds(self) -> None:
        """A VIF goes to a port group first, and Nova makes a bond of that for the system."""
        mac, ports = "52:54:02:00:00:01", ("52:54:02:00:00:02", "52:54:02:00:00:03")
        group = self.connection.create_port_group(node_id=self.node, address=mac, mode="802.3ad",
                                                  properties={"miimon": "100"})
        members = [self.connection.create_port(node_id=self.node, address=port, port_group_id=group.id)
                   for port in ports]
        network = making.network("fa:16:3e:00:00:03")
        self.driver.prepare_networks_before_block_device_mapping(self.instance, network)
        shown = self.driver._get_network_metadata(self.connection.get_node(self.node), network)
        bond = shown["links"][0]
        assert (bond["type"], bond["bond_mode"], bond["bond_miimon"]) == ("bond", "802.3ad", "100"), shown
        assert bond["ethernet_mac_address"] == mac and sorted(bond["bond_links"]) == sorted(
            member.id for member in members), shown
        assert {link["ethernet_mac_address"] for link in shown["links"][1:]} == set(ports), shown
        refused(sdk.BadRequestException, lambda: self.connection.delete_port_group(group))
        self.driver.clean_networks_preparation(self.instance, network)
        assert self._vifs() == []
        for member in members:
            self.connection.delete_port(member)
        self.connection.delete_port_group(group)


def within(document: Any) -> Iterator[dict[str, Any]]:
    """Return each object in a document."""
    if isinstance(document, dict):
        yield document
    if isinstance(document, dict | list):
        for item in document.values() if isinstance(document, dict) else document:
            yield from within(item)


def refused(kind: type[Exception], call: Callable[[], object]) -> str:
    """Return what a call is refused with."""
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"{kind.__name__} was not raised")


def until(look: Callable[[], Any], fits: Callable[[Any], bool], within: float = 180) -> Any:
    """Return what is seen once it fits."""
    end = time.monotonic() + within
    while not fits(seen := look()):
        assert time.monotonic() < end, seen
        time.sleep(0.1)
    return seen


def main() -> None:
    """Live through what the file asks for; what is not possible after a failure is not tried."""
    asked = json.loads(pathlib.Path(sys.argv[1]).read_text())
    faulthandler.dump_traceback_later(asked["seconds"])     # into the log, where somebody waits for ever
    making.configure(asked)
    for server in asked["servers"]:
        life = Life(asked, server)
        for part in server["parts"]:
            began, error = time.monotonic(), None
            try:
                getattr(life, part)()
            except Exception:
                error = traceback.format_exc()
            seconds = round(time.monotonic() - began, 2)
            print(json.dumps({"server": server["name"], "part": part, "error": error, "seconds": seconds}), flush=True)
            if error:
                break


if __name__ == "__main__":
    main()
