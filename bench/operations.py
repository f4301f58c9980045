"""The operations that are measured on one side, one method each: create, list, get, patch, power. Cycles: cycle.py."""

import random
import re
import shutil
import subprocess
import time
from typing import Any

from bench import client, side

#: what a compute scheduler asks for
SCHEDULER = ("uuid,power_state,target_power_state,provision_state,target_provision_state,last_error,maintenance,"
             "properties,instance_uuid,traits,resource_class")
LISTS = {"detail": "/v1/nodes/detail?limit=1000", "default": "/v1/nodes?limit=1000",
         "scheduler": f"/v1/nodes?limit=1000&fields={SCHEDULER}"}
WITHIN = 60     # seconds a power change may take
PAUSE = 0.005   # between two looks at it

Figures = dict[str, dict[str, Any]]


class Operations:
    """Everything that is done to one side, with what it cost."""

    def __init__(self, place: side.Side) -> None:
        self.meters = place.meters
        self.crowd = client.Crowd(place.url, self.meters)
        self.client = client.Client(place.url)
        self.url = place.url
        self.nodes: list[str] = []

    def create(self, times: int) -> Figures:
        """Enrol nodes with what an operator says of a server: some 600 bytes."""
        figures = {}
        for clients, share in ((1, times // 4), (8, times - times // 4)):
            figures[f"create {clients}"], made = self.crowd.do(share, clients, self._enrol)
            self.nodes += made
        return figures

    def _enrol(self, own: client.Client, _number: int) -> str:
        return str(own.call("POST", "/v1/nodes", body(len(self.nodes)))["uuid"])

    def lists(self, repeats: int) -> Figures:
        """Read the whole collection page by page, as detail, as default, and as a scheduler does."""
        figures = {}
        for name, path in LISTS.items():
            self._traverse(path)        # the first one compiles and fills caches on either side
            mark, took, nodes, size = self.meters.mark(), [], 0, 0
            for _ in range(repeats):
                begun = time.perf_counter()
                nodes, size = self._traverse(path)
                took.append(time.perf_counter() - begun)
            figures[f"list {name} {nodes}"] = {
                "n": nodes, "bytes_per_node": size // max(nodes, 1), **client.quantiles(took),
                "per_s": round(nodes / min(took), 1), **self.meters.since(mark, nodes * repeats)}
        return figures

    def _traverse(self, path: str) -> tuple[int, int]:
        pages = [(len(page["nodes"]), size) for size, page in self.client.pages(path)]
        return sum(count for count, _ in pages), sum(size for _, size in pages)

    def get(self, seconds: int) -> Figures:
        """Read one node again and again, by wrk where it is installed."""
        path = f"/v1/nodes/{self.nodes[0]}"
        if shutil.which("wrk"):
            return {f"get {clients}": self._wrk(path, clients, seconds) for clients in (1, 16)}
        return {f"get {clients}": self.crowd.do(times, clients, lambda own, _: own.call("GET", path))[0]
                for clients, times in ((1, 50 * seconds), (16, 100 * seconds))}

    def _wrk(self, path: str, clients: int, seconds: int) -> dict[str, Any]:
        mark = self.meters.mark()
        told = subprocess.run(
            ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "60s",
             "-H", f"X-OpenStack-Ironic-API-Version: {client.VERSION}", self.url + path],
            capture_output=True, text=True, check=True).stdout
        done = int(_first(r"(\d+) requests in", told))
        return {"clients": clients, "n": done, "per_s": float(_first(r"Requests/sec:\s+([\d.]+)", told)),
                "errors": int(_first(r"Non-2xx or 3xx responses: (\d+)", told)), **self.meters.since(mark, done)}

    def patch(self, times: int) -> Figures:
        """Change one key of ``extra``."""
        def change(own: client.Client, number: int) -> None:
            own.call("PATCH", f"/v1/nodes/{self.nodes[number % len(self.nodes)]}",
                     [{"op": "add", "path": "/extra/bench", "value": number}])
        return {f"patch {clients}": self.crowd.do(share, clients, change)[0]
                for clients, share in ((1, times // 4), (8, times - times // 4))}

    def power(self, times: int) -> Figures:
        """Switch a node and look until the new state is shown: PUT, then GETs of its states."""
        chosen = random.Random(1).sample(self.nodes, min(times, len(self.nodes)))

        def switch(target: str) -> client.Work:
            return lambda own, number: _switch(own, chosen[number], target)
        return {f"power {clients}": self.crowd.do(share, clients, switch(target))[0]
                for clients, share, target in ((1, len(chosen) // 4, "power on"), (8, len(chosen), "power off"))}

    def idle(self, seconds: int) -> Figures:
        """Ask for nothing; what it costs is periodic work, told as CPU milliseconds per second."""
        mark = self.meters.mark()
        time.sleep(seconds)
        return {"idle": {"n": seconds, **self.meters.since(mark, seconds)}}


def body(number: int, **more: object) -> dict[str, object]:
    """Return what is posted to enrol a node."""
    serial = f"{number:05d}-{random.getrandbits(40):010x}"
    return {"name": f"bench-{serial}", "driver": "fake-hardware", "resource_class": "baremetal",
            "driver_info": {"ipmi_address": "192.0.2.17", "ipmi_username": "admin", "ipmi_password": "secret",
                            "deploy_kernel": "http://192.0.2.1/kernel", "deploy_ramdisk": "http://192.0.2.1/ramdisk"},
            "properties": {"cpus": 64, "memory_mb": 262144, "local_gb": 1800, "cpu_arch": "x86_64",
                           "capabilities": "boot_mode:uefi,secure_boot:true"},
            "extra": {"rack": f"r{number % 40:02d}", "serial": serial, "note": "bench"}, **more}


def _switch(own: client.Client, node: str, target: str) -> None:
    end = time.perf_counter() + WITHIN
    path, wanted = f"/v1/nodes/{node}/states", {"target": target}
    while (answer := own.send("PUT", f"{path}/power", wanted))[0] in (409, 503) and time.perf_counter() < end:
        time.sleep(10 * PAUSE)
    if answer[0] >= 300:
        raise client.Refused(f"power {answer}")
    while time.perf_counter() < end:
        states = own.call("GET", path)
        if states["power_state"] == target and not states["target_power_state"]:
            return
        time.sleep(PAUSE)
    raise client.Refused(f"{node} is not {target} after {WITHIN} s: {states}")


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else "0"
