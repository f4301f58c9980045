"""Deployments: what many at once cost the service, and where the time of one goes in a virtual machine.

The simulated servers are a child of the service. They stand for hardware, and are not counted.
"""

import argparse
import contextlib
import hashlib
import importlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from bench import meter, sampling, side
from tests import processes

AIMS = {"cpu_ms_each": 60, "more_memory_mb": 150, "overhead_s": 5}
HEADERS = {"X-OpenStack-Ironic-API-Version": "1.95"}
#: seconds until all servers must have got through a verb, and between two looks at them
PATIENCE, LOOK = 900, 1
#: verb: the state in which it ends; in the order in which they are measured
VERBS = {"manage": "manageable", "inspect": "manageable", "provide": "available", "active": "active",
         "deleted": "available"}
#: the one with the aims
DEPLOY = "active"


class Service:
    """The one-process service with a simulated fleet."""

    def __init__(self, stack: contextlib.ExitStack, folder: Path, servers: int) -> None:
        self.data, port = folder / "data", processes.free_port()
        config = folder / "bench.conf"
        most = servers + 50
        config.write_text(f"[conductor]\nmax_concurrent_deploy = {most}\nmax_concurrent_clean = {most}\n"
                          "sync_power_state_interval = 0\n")
        command = processes.Command([sys.executable, "-m", "baremetal.cmd.single", "--data", str(self.data), "--port",
                                     str(port), "--fleet", str(servers), "--fleet-network", "127.209.0.0",
                                     "--auth", "noauth", "--config-file", str(config)],
                                    logs=[self.data / "baremetal.log"])
        self.process = side.spawn(stack, "baremetal", command, folder / "service.log")
        self.process.wait_for(lambda: "Ctrl-C" in self.process.tail(100), within=180)
        self.pid = self.process.pid
        self.url = f"http://127.0.0.1:{port}"
        self._session = requests.Session()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API."""
        answer = self._session.request(method, self.url + path, json=body, headers=HEADERS, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def names(self) -> list[str]:
        """Return the names of all servers."""
        return [node["name"] for node in self.call("GET", "/v1/nodes?limit=1000")["nodes"]]

    def all(self, verb: str, names: list[str], **params: Any) -> float:
        """Begin a verb on all nodes and wait until all have got through; return the seconds."""
        begun = time.monotonic()
        for name in names:
            self.call("PUT", f"/v1/nodes/{name}/states/provision", {"target": verb, **params})
        while waiting := self._waiting(verb):
            if time.monotonic() - begun > PATIENCE:
                raise RuntimeError(f"{waiting} servers have not got through {verb} in {PATIENCE} s")
            time.sleep(LOOK)
        return time.monotonic() - begun

    def _waiting(self, verb: str) -> int:
        """Return how many have not got through; raises what one that failed says."""
        found = self.call("GET", "/v1/nodes?fields=name,provision_state,last_error,reservation&limit=1000")["nodes"]
        failed = [node for node in found if "failed" in node["provision_state"]]
        if failed:
            raise RuntimeError(f"{len(failed)} failed at {verb}; the first: {failed[0]['last_error']}")
        return sum(node["provision_state"] != VERBS[verb] or bool(node["reservation"]) for node in found)


class Measure:
    """Accounts the service's process without the simulated servers."""

    def __init__(self, service: Service) -> None:
        self._service = service
        lab = next(pid for pid in meter.tree(service.pid) if pid != service.pid)
        self._meter = meter.Meter({"service": service.pid, "lab": lab})

    def verb(self, verb: str, names: list[str], **params: Any) -> dict[str, Any]:
        """Do a verb on all servers, and return what it cost for each."""
        before, mark = memory(self._service.pid), self._meter.mark()
        with peak(self._service.pid) as seen:
            seconds = self._service.all(verb, names, **params)
        spent = self._meter.since(mark, len(names))["cpu_ms_by"]
        return {"seconds": round(seconds, 1), "cpu_ms_each": round(spent["service"] - spent["lab"], 1),
                "lab_cpu_ms_each": round(spent["lab"], 1), "memory_before_mb": round(before, 1),
                "more_memory_mb": round(max(seen) - before, 1)}


def fleet(servers: int, sample: str | None = None, keep: Path | None = None) -> dict[str, Any]:
    """Deploy ``servers`` simulated servers at once, and what belongs to it; return what each verb cost."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-deploy-")))
        service = Service(stack, folder, servers)
        names, measure = service.names(), Measure(service)
        found: dict[str, Any] = {"servers": len(names), "verbs": {}}
        for verb in VERBS:
            params = order(service, names) if verb == DEPLOY else {}
            with profile(service.pid, keep or folder) if verb == sample else contextlib.nullcontext():
                found["verbs"][verb] = measure.verb(verb, names, **params)
        return found


def order(service: Service, names: list[str]) -> dict[str, Any]:
    """Say which image all servers are to get; return what the deploy is asked with."""
    image = service.data / "lab" / "demo.raw"
    wanted = {"image_source": image.as_uri(), "image_os_hash_algo": "sha256",
              "image_os_hash_value": hashlib.sha256(image.read_bytes()).hexdigest()}
    patch = [{"op": "add", "path": f"/instance_info/{key}", "value": value} for key, value in wanted.items()]
    for name in names:
        service.call("PATCH", f"/v1/nodes/{name}", patch)
    return {"configdrive": {"meta_data": {"hostname": "bench"}}}


@contextlib.contextmanager
def profile(pid: int, folder: Path) -> Iterator[None]:
    """Sample the process with py-spy for this block, and print where its CPU went."""
    sampler = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if not sampler:
        raise SystemExit("py-spy is not installed: .venv/bin/pip install py-spy")
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / "service.folded"
    sampling_process = subprocess.Popen(
        [sampler, "record", "--pid", str(pid), "--rate", str(sampling.RATE), "--format", "raw", "--full-filenames",
         "--gil", "--threads", "--duration", str(PATIENCE), "--output", output], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        sampling_process.send_signal(2)
        sampling_process.wait()
    print(sampling.report("service", output.read_text().splitlines(), 45))


@contextlib.contextmanager
def peak(pid: int) -> Iterator[list[float]]:
    """Look at the memory of a process now and then during the block; the list has what was seen."""
    over, seen = threading.Event(), [memory(pid)]

    def watch() -> None:
        while not over.wait(LOOK / 2):
            seen.append(memory(pid))
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def memory(pid: int) -> float:
    """Return the proportional memory of one process in MB, without its children."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1]) * 1024 / 1e6


def show(found: dict[str, Any]) -> None:
    """Print the table of the fleet."""
    print(f"{found['servers']} simulated servers at once, one process; CPU of the service for each server")
    print(f"{'verb':10} {'seconds':>8} {'CPU ms':>8} {'lab ms':>8} {'memory MB':>10} {'more MB':>8}")
    for verb, row in found["verbs"].items():
        print(f"{verb:10} {row['seconds']:8.1f} {row['cpu_ms_each']:8.1f} {row['lab_cpu_ms_each']:8.1f} "
              f"{row['memory_before_mb']:10.1f} {row['more_memory_mb']:8.1f}")
    row = found["verbs"][DEPLOY]
    for name in ("cpu_ms_each", "more_memory_mb"):
        print(f"aim {name} of a deploy < {AIMS[name]}: {row[name]} {'met' if row[name] < AIMS[name] else 'MISSED'}")


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(prog="bench/deploy", description=__doc__)
    parser.add_argument("--servers", type=int, default=200, help="simulated servers (default: 200; 0: none)")
    parser.add_argument("--vm", action="store_true", help="also a virtual machine, phase by phase; needs root")
    parser.add_argument("--sample", choices=list(VERBS), help="show where the CPU of this verb goes; needs py-spy")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the folded stacks there (for a flame graph)")
    parser.add_argument("--json", type=Path, default=Path("bench-deploy.json"), help="file for the figures")
    asked = parser.parse_args()
    result: dict[str, Any] = {}
    if asked.servers:
        result["fleet"] = fleet(asked.servers, asked.sample, asked.keep)
        show(result["fleet"])
    if asked.vm:
        machine = importlib.import_module("bench.deploying_vm")     # it needs what only a host of machines has
        result["vm"] = machine.measure()
        machine.show(result["vm"], AIMS["overhead_s"])
    asked.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
