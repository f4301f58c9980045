"""Neutron: networks, security groups, ports and how they are bound, agents. Knows ports of Neutron, none of nodes."""

import typing
import uuid

from baremetal import clock, errors
from baremetal.clients.cloud import door

BAREMETAL = "baremetal"
#: what makes a port one of a bare metal server, and what takes that away again
LOOSE = {"binding:host_id": "", "binding:profile": {}, "device_id": "", "device_owner": ""}


class Neutron:
    """The client. Every method blocks and may be called by many threads."""

    def __init__(self, way: door.Door, ticker: clock.Clock = clock.REAL) -> None:
        self.door, self._clock = way, ticker

    def network(self, named: str) -> door.Json:
        """Return a network by id or by a name that only one has."""
        return self._one("networks", named)

    def groups(self, named: typing.Sequence[str]) -> list[str]:
        """Return the ids of security groups given by ids or names; one that is not there is a fault."""
        return [str(self._one("security-groups", name)["id"]) for name in named]

    def ports(self, **filters: str) -> list[door.Json]:
        """Return the ports that match, such as mac_address, device_id, network_id."""
        return list(self.door.ask("GET", "/ports", params=filters).get("ports", []))

    def port(self, ident: str) -> door.Json:
        """Return one port."""
        return typing.cast(door.Json, self.door.ask("GET", f"/ports/{_safe(ident)}")["port"])

    def create(self, network: str, mac: str, **more: typing.Any) -> door.Json:
        """Make a port of a bare metal server; ``more`` are its fields. Not repeatable: look for its MAC first."""
        body = {"network_id": network, "mac_address": mac, "admin_state_up": True, "binding:vnic_type": BAREMETAL,
                **more}
        return typing.cast(door.Json, self.door.ask("POST", "/ports", body={"port": body})["port"])

    def update(self, ident: str, **fields: typing.Any) -> door.Json:
        """Change fields of a port. Repeatable."""
        return typing.cast(door.Json, self.door.ask("PUT", f"/ports/{_safe(ident)}", body={"port": fields})["port"])

    def bind(self, ident: str, host: str, links: typing.Sequence[door.Json], mac: str | None = None) -> door.Json:
        """Bind a port to a host at the switch ports of ``links`` (local_link_connection), maybe with another MAC."""
        return self.update(ident, **{
            "binding:host_id": host, "binding:vnic_type": BAREMETAL,
            "binding:profile": {"local_link_information": list(links)}, **({"mac_address": mac} if mac else {})})

    def unbind(self, ident: str) -> None:
        """Take a port off its server and leave it where it is; one that is gone is off. Repeatable."""
        try:
            self.update(ident, **LOOSE)
        except errors.NeighbourLacks:
            return

    def delete(self, ident: str) -> None:
        """Delete a port; one that is gone is deleted. Repeatable."""
        try:
            self.door.send("DELETE", f"/ports/{_safe(ident)}")
        except errors.NeighbourLacks:
            return

    def boot_from(self, ident: str, options: typing.Mapping[str, str], version: int = 4) -> None:
        """Let Neutron's DHCP give a port these options (such as bootfile-name), and none of those given before."""
        was = self.port(ident).get("extra_dhcp_opts", [])
        old = {one["opt_name"]: None for one in was if one["opt_name"] not in options}
        self.update(ident, extra_dhcp_opts=[{"opt_name": name, "opt_value": value, "ip_version": version}
                                            for name, value in {**options, **old}.items()])

    def wait_for_agent(self, host: str, *, attempts: int, interval: float) -> None:
        """Return when an agent of ``host`` is alive; a fault when none was after so many looks."""
        for attempt in range(attempts):
            if attempt:
                self._clock.sleep(interval)
            agents = self.door.ask("GET", "/agents", params={"host": host}).get("agents", [])
            if any(agent.get("alive") for agent in agents):
                return
        raise errors.NeighbourUnavailable(service="neutron", why=f"no network agent of host {host} is alive after "
                                          f"{attempts} looks, {interval:g} seconds apart")

    def _one(self, kind: str, named: str) -> door.Json:
        """Return the one thing that has this id, else this name; none or several are faults."""
        key = kind.replace("-", "_")
        found: list[door.Json] = []
        for field in ("id", "name") if _is_id(named) else ("name",):
            found = found or list(self.door.ask("GET", f"/{kind}", params={field: named}).get(key, []))
        if len(found) == 1:
            return found[0]
        what = key.removesuffix("s").replace("_", " ")
        if found:
            raise errors.NeighbourConflict(service="neutron", why=f"{len(found)} {what}s are named {named!r}; right "
                                           "would be an id")
        raise errors.NeighbourLacks(service="neutron", why=f"there is no {what} {named!r}, by id or by name")


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _safe(ident: str) -> str:
    """Return an id as part of a path; what is none would name another path."""
    if not _is_id(ident):
        raise errors.NeighbourLacks(service="neutron", why=f"{ident[:100]!r} is no port's id; right would be a UUID")
    return ident
