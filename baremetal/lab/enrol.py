"""Enrols the servers of a fleet over the API, as an operator's script would. Knows the house by its API only."""

import dataclasses
import typing

import requests

from baremetal.lab import demo

VERSION = {"X-OpenStack-Ironic-API-Version": "1.99"}


@dataclasses.dataclass(frozen=True)
class Api:
    """Where the API is and who we are there."""

    url: str
    auth: tuple[str, str] | None = None

    def call(self, method: str, path: str, body: typing.Any = None) -> requests.Response:
        """Call it; the caller looks at the status."""
        return requests.request(method, self.url + path, json=body, auth=self.auth, headers=VERSION, timeout=60)


@dataclasses.dataclass(frozen=True)
class Login:
    """The only user of all BMCs of the fleet."""

    user: str
    password: str = dataclasses.field(repr=False)


def enrol(api: Api, login: Login, servers: list[dict[str, typing.Any]], boots: demo.Files | None = None) -> int:
    """Make a node for each server that has none; correct the addresses of those that have; return how many were made.

    ``boots`` has what the deploy kernel and ramdisk of all of them are.
    """
    return sum(_one(api, login, server, boots) for server in servers)


def _one(api: Api, login: Login, server: dict[str, typing.Any], boots: demo.Files | None) -> bool:
    name, mac = server["name"], server["macs"][0]
    info = {"ipmi_address": server["address"], "ipmi_port": server["port"], "ipmi_username": login.user,
            "ipmi_password": login.password}
    if boots is not None:
        info |= {"deploy_kernel": boots.kernel.as_uri(), "deploy_ramdisk": boots.ramdisk.as_uri()}
    if "kernel_append_params" in server:
        info["kernel_append_params"] = server["kernel_append_params"]
    if known := _find(api, name, mac):
        _correct(api, known, info)
        return False
    known_before = {"cpu_arch": "x86_64", "capabilities": f"boot_mode:{server.get('firmware', 'uefi')}"}
    made = _good(api.call("POST", "/v1/nodes", {
        "name": name, "driver": "ipmi", "driver_info": info, "resource_class": "baremetal",
        "properties": known_before,     # the rest an inspection finds
        "extra": {"lab": "simulated"}}))
    _good(api.call("POST", "/v1/ports", {"node_uuid": made.json()["uuid"], "address": mac}))
    return True


def _find(api: Api, name: str, mac: str) -> str | None:
    """Return the node that has the server's port, else the one that has its name: operators change both."""
    ports = _good(api.call("GET", f"/v1/ports?address={mac}&fields=node_uuid")).json()["ports"]
    if ports:
        return str(ports[0]["node_uuid"])
    return name if api.call("GET", f"/v1/nodes/{name}?fields=uuid").status_code == 200 else None


def _correct(api: Api, node: str, info: dict[str, typing.Any]) -> None:
    """The fleet of an earlier start may have had other addresses; a node that is held keeps what it has."""
    patch = [{"op": "add", "path": f"/driver_info/{key}", "value": value} for key, value in info.items()]
    answer = api.call("PATCH", f"/v1/nodes/{node}", patch)
    if answer.status_code != 409:
        _good(answer)


def _good(answer: requests.Response) -> requests.Response:
    """Return an answer that says yes; raise with what the API says otherwise."""
    if not answer.ok:
        raise RuntimeError(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}")
    return answer
