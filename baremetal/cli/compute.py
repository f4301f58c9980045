"""``nova-baremetal COMMAND``: the verbs of the older bare-metal compute host, on top of today's API.

A node there is a server behind a BMC with one address to boot from; here it is a node of driver ipmi with a port. What
such a node said of itself (cpus, memory, disk, its compute host) stands in properties and extra. Address of the API and
credentials: OS_ENDPOINT, OS_AUTH_TYPE, OS_USERNAME, OS_PASSWORD.
"""

import argparse
import getpass
import os
import sys
import typing
import urllib.parse

from baremetal.cli import access, asking, interrupt, screen, table, watch

#: columns of the list of nodes: (head, where it stands)
# fmt: off
HEADS = (
    ("ID",             lambda node: node["uuid"]),
    ("Host",           lambda node: node["extra"].get("service_host")),
    ("CPUs",           lambda node: node["properties"].get("cpus")),
    ("Memory_MB",      lambda node: node["properties"].get("memory_mb")),
    ("Disk_GB",        lambda node: node["properties"].get("local_gb")),
    ("MAC Address",    lambda node: node.get("mac")),
    ("PM Address",     lambda node: node["driver_info"].get("ipmi_address")),
    ("PM Username",    lambda node: node["driver_info"].get("ipmi_username")),
    ("Terminal Port",  lambda node: node["driver_info"].get("ipmi_terminal_port")),
    ("Task State",     lambda node: node["provision_state"]),
)
# fmt: on
FIELDS = "uuid,name,extra,properties,driver_info,provision_state,power_state,instance_uuid,last_error"
#: nodes that are read at once
PAGE = 1000


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _pages(how: access.Access, path: str, key: str) -> typing.Iterator[dict[str, typing.Any]]:
    """Yield the items of a collection, page by page."""
    marker = ""
    while True:
        page = asking.ask(how, "GET", path + marker)[key]
        yield from page
        if len(page) < PAGE:
            return
        marker = f"&marker={page[-1]['uuid']}"


def _ports(how: access.Access, node: str) -> list[dict[str, typing.Any]]:
    return list(_pages(how, f"/v1/ports?node={_quoted(node)}&fields=uuid,address,extra,local_link_connection"
                            f"&limit={PAGE}", "ports"))


def node_create(asked: argparse.Namespace, how: access.Access) -> str:
    """Enrol a node with its port; where the port cannot be made, the node goes again."""
    info = {"ipmi_address": asked.pm_address, "ipmi_username": asked.pm_user, "ipmi_password": _password(asked),
            "ipmi_terminal_port": asked.terminal_port}
    node = asking.ask(how, "POST", "/v1/nodes", {
        "driver": asked.driver, "driver_info": {key: value for key, value in info.items() if value is not None},
        "properties": {"cpus": asked.cpus, "memory_mb": asked.memory_mb, "local_gb": asked.local_gb},
        "extra": {"service_host": asked.service_host}})
    try:
        asking.ask(how, "POST", "/v1/ports", {"node_uuid": node["uuid"], "address": asked.prov_mac_address})
    except access.Wrong:
        asking.ask(how, "DELETE", f"/v1/nodes/{node['uuid']}")
        raise
    return _one(how, node["uuid"])


def _password(asked: argparse.Namespace) -> str | None:
    """Return the BMC's password: from the environment, or a person who is asked for it."""
    given = os.environ.get("BAREMETAL_PM_PASSWORD")
    if given is None and asked.pm_address and asked.pm_user and sys.stdin.isatty():
        given = getpass.getpass(f"Password of {asked.pm_user} at {asked.pm_address}: ")
    return given


def node_list(_asked: argparse.Namespace, how: access.Access) -> str:
    """List the nodes."""
    first: dict[str, str] = {}
    for port in _pages(how, f"/v1/ports?fields=uuid,address,node_uuid&limit={PAGE}", "ports"):
        first.setdefault(port["node_uuid"], port["address"])
    found = _pages(how, f"/v1/nodes?fields={FIELDS}&limit={PAGE}", "nodes")
    return table.rows(tuple(head for head, _ in HEADS), [
        tuple(read({**node, "mac": first.get(node["uuid"])}) for _, read in HEADS) for node in found])


def node_show(asked: argparse.Namespace, how: access.Access) -> str:
    """Show a node."""
    return _one(how, asked.node)


def _one(how: access.Access, ident: str) -> str:
    node = asking.ask(how, "GET", f"/v1/nodes/{_quoted(ident)}?fields={FIELDS}")
    addresses = [port["address"] for port in _ports(how, ident)]
    node["mac"] = addresses[0] if addresses else None
    shown = {head: read(node) for head, read in HEADS}
    return table.pairs({**shown, "Interfaces": ", ".join(addresses), "Instance": node["instance_uuid"],
                        "Power": node["power_state"], "Last error": node["last_error"]})


def node_delete(asked: argparse.Namespace, how: access.Access) -> str:
    """Remove a node, with its interfaces."""
    asking.ask(how, "DELETE", f"/v1/nodes/{_quoted(asked.node)}")
    return ""


def interface_add(asked: argparse.Namespace, how: access.Access) -> str:
    """Add a network interface to a node."""
    node = asking.ask(how, "GET", f"/v1/nodes/{_quoted(asked.node)}?fields=uuid")
    extra = {"datapath_id": asked.datapath_id, "port_no": asked.port_no}
    asking.ask(how, "POST", "/v1/ports", {
        "node_uuid": node["uuid"], "address": asked.address,
        "extra": {key: value for key, value in extra.items() if value is not None}})
    return interface_list(asked, how)


def interface_list(asked: argparse.Namespace, how: access.Access) -> str:
    """List the network interfaces of a node."""
    return table.rows(("ID", "Datapath_ID", "Port_No", "Address"), [
        (port["uuid"], port["extra"].get("datapath_id"), port["extra"].get("port_no"), port["address"])
        for port in _ports(how, asked.node)])


def interface_remove(asked: argparse.Namespace, how: access.Access) -> str:
    """Remove a network interface from a node."""
    wanted = asked.address.lower()
    found = [port["uuid"] for port in _ports(how, asked.node) if port["address"] == wanted]
    if not found:
        raise access.Wrong(f"Node {asked.node} has no interface {asked.address}.")
    asking.ask(how, "DELETE", f"/v1/ports/{found[0]}")
    return ""


NODE: dict[str, typing.Any] = {"metavar": "NODE", "help": "UUID or name of the node"}
ADDRESS: dict[str, typing.Any] = {"help": "MAC address"}
# fmt: off
#: command: what it does, what it takes
COMMANDS: dict[str, tuple[typing.Callable[[argparse.Namespace, access.Access], str], dict[str, typing.Any]]] = {
    "node-create":      (node_create, {
        "service_host": {"help": "compute host that the node belonged to; noted"},
        "cpus": {"type": int}, "memory_mb": {"type": int}, "local_gb": {"type": int},
        "prov_mac_address": {"help": "MAC address it boots from"},
        "--pm-address": {"help": "address of its BMC"},
        "--pm-user": {"help": "user of the BMC; the password is BAREMETAL_PM_PASSWORD, or asked for"},
        "--terminal-port": {"type": int, "help": "port of its serial console"},
        "--driver": {"default": "ipmi", "help": "hardware type (default: ipmi)"}}),
    "node-list":        (node_list, {}),
    "node-show":        (node_show, {"node": NODE}),
    "node-delete":      (node_delete, {"node": NODE}),
    "interface-add":    (interface_add, {"node": NODE, "address": ADDRESS, "--datapath-id": {"help": "noted"},
                                         "--port-no": {"help": "noted"}}),
    "interface-list":   (interface_list, {"node": NODE}),
    "interface-remove": (interface_remove, {"node": NODE, "address": ADDRESS}),
}
# fmt: on


def parser() -> argparse.ArgumentParser:
    """Return what the command line takes; verbs may begin with baremetal-, as they did, options have _ or -."""
    made = argparse.ArgumentParser(prog="nova-baremetal", description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--endpoint", metavar="URL", help="where the API is (default: OS_ENDPOINT)")
    made.add_argument("--user", help="who we are there (default: OS_USERNAME)")
    below = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (run, takes) in COMMANDS.items():
        one = below.add_parser(name, aliases=[f"baremetal-{name}"], help=run.__doc__, description=run.__doc__)
        one.set_defaults(run=run)
        for word, keywords in takes.items():
            older = [word.replace("-", "_").replace("__", "--", 1)] if word.startswith("--") and "-" in word[2:] else []
            one.add_argument(word, *older, **keywords)
    return made


def main() -> None:
    """Do what the command line names, and end with the status that says how it went."""
    asked = parser().parse_args()
    interrupt.begin()
    try:
        how = access.of(os.environ, asked.endpoint, asked.user, getpass.getpass if sys.stdin.isatty() else None)
        text = asked.run(asked, how)
        if text:
            print(text)
    except access.Wrong as wrong:
        print(f"nova-baremetal: {screen.clean(str(wrong))}", file=sys.stderr)
        sys.exit(watch.WRONG)
    except KeyboardInterrupt:
        sys.exit(watch.INTERRUPTED)


if __name__ == "__main__":
    main()
