"""One deploy of a virtual machine, phase by phase, beside what the same machine does when nobody is waited for.

The limits are measured before, in the same run, with the same files: limits_vm.py.
"""

import argparse
import contextlib
import dataclasses
import datetime
import hashlib
import json
import os
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import requests

from baremetal import milestones
from baremetal.lab.vms import lab, plan
from baremetal.lab.vms.builders import cache, image, ramdisk
from bench import limits_vm
from tests.vms import day

NAME, READY, PATIENCE = "vm-1", "LAB-SYSTEM ready", 900
MIB = 1 << 20
#: phase of a boot: the milestone in which it ends; a phase begins where the one before has ended
BOOT = {"firmware and boot script": milestones.SCRIPT, "kernel and ramdisk fetched": milestones.RAMDISK,
        "agent asks who it is": milestones.LOOKUP, "agent calls back": milestones.HEARTBEAT}
#: phase: the step of the plan that it is
STEPS = {"image is written": "write_image", "boot loader": "prepare_instance_boot", "power off": "tear_down_agent",
         "power on": "boot_instance"}


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is to be deployed, and onto what."""

    firmware: str = "bios"
    """bios or uefi."""
    data: int = 0
    """MiB of random data beside the lab's own image."""
    virtual: int = 0
    """MiB that the image has as a disk; 0: no more than needed."""
    disk: str = "24G"
    """The machine's disk."""
    plain: bool = False
    """Boot a ramdisk that has nothing of ours: the agent writes in its own way."""


def measure(wish: Wish | None = None, keep: Path | None = None) -> dict[str, Any]:
    """Deploy one machine and return the seconds of each phase, the limits, and what is left over."""
    wish = wish or Wish()
    with contextlib.ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-vm-")))
        (folder / "more").mkdir(parents=True)
        built = cache.Cache(Path.home() / ".cache" / "baremetal-lab", print)
        booted = ramdisk.build(built, plugin=None) if wish.plain else ramdisk.build(built)
        images = image.build(built)
        wanted = _image(images / "blue.raw", folder / "more" / "bench.raw", wish)
        running = stack.enter_context(lab.Lab(_plan(folder, wish)))
        load = os.getloadavg()[0]
        limits = limits_vm.measure(running, booted, wanted, folder)
        service = stack.enter_context(contextlib.contextmanager(day.serve)(
            running, booted, images, folder, Path("/nowhere")))
        flow, ready = _deploy(running, service, wanted)
        return {"wish": dataclasses.asdict(wish), "load": round(load, 1), "limits": limits,
                "virtual": wanted.stat().st_size, **phases(flow, ready)}


def _plan(folder: Path, wish: Wish) -> plan.Plan:
    word, number = f"{random.randrange(1 << 16):04x}", random.randrange(100, 250)
    network = plan.Network(f"bmbench{word}", f"bmb{word}", f"10.{number}.77.1/24", f"fd00:{word}::1/64")
    return plan.Plan(plan.machines(1, wish.firmware, disks=wish.disk), folder / "lab", network, password="sesame")


def _image(small: Path, target: Path, wish: Wish) -> Path:
    """Copy the lab's image, with so much random data behind it that no system there minds."""
    shutil.copy(small, target)
    with target.open("r+b") as file:
        file.seek(0, os.SEEK_END)
        for _ in range(wish.data):
            file.write(os.urandom(MIB))
        if wish.virtual * MIB > file.tell():
            file.truncate(wish.virtual * MIB)
    return target


def _deploy(running: lab.Lab, service: day.Service, wanted: Path) -> tuple[dict[str, Any], datetime.datetime]:
    """Bring the machine to available without cleaning it, deploy it; return the flow and when its system was up."""
    with wanted.open("rb") as file:
        digits = hashlib.file_digest(file, "sha256").hexdigest()
    wishes = {"/automated_clean": False, "/instance_info/image_source": wanted.as_uri(),
              "/instance_info/image_os_hash_algo": "sha256", "/instance_info/image_os_hash_value": digits}
    for verb, state in (("manage", "manageable"), ("provide", "available")):
        _call(service, "PUT", "/states/provision", {"target": verb})
        service.until(state, NAME)
        if verb == "manage":
            _call(service, "PATCH", "", [{"op": "add", "path": path, "value": value} for path, value in
                                         wishes.items()])
    since = len(day.console(running, 0))
    _call(service, "PUT", "/states/provision", {"target": "active", "configdrive": {"meta_data": {"name": "bench"}}})
    service.until("active", NAME, within=PATIENCE)
    day.said(running, 0, since, READY)
    ready = datetime.datetime.now(datetime.UTC)
    return service.get(f"/ops/v1/nodes/{NAME}/timeline?limit=1")["flows"][0], ready


def _call(service: day.Service, method: str, path: str, body: Any) -> None:
    answer = requests.request(method, f"{service.url}/v1/nodes/{NAME}{path}", json=body, auth=service.auth,
                              headers=day.LATEST, timeout=60)
    if not answer.ok:
        raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")


def phases(flow: dict[str, Any], ready: datetime.datetime) -> dict[str, Any]:
    """Return what a flow of the timeline says of each phase, and what nobody but the service has used."""
    at: dict[str, float] = {}
    for one in flow["milestones"]:
        at.setdefault(one["name"], one["seconds"])
    steps = {step["step"]: step for step in flow["steps"]}
    found, last = {"ordered until power on": at[milestones.POWER_ON]}, at[milestones.POWER_ON]
    for phase, name in BOOT.items():
        if name in at:
            found[phase], last = at[name] - last, at[name]
    found |= {phase: steps[name]["duration_seconds"] for phase, name in STEPS.items() if name in steps}
    begun = datetime.datetime.fromisoformat(flow["created_at"])
    total = flow["duration_seconds"]
    boot = at[milestones.HEARTBEAT] - at[milestones.POWER_ON]
    work = {one["facts"]["command"]: one["facts"]["seconds"] for one in flow["milestones"]
            if one["name"] == milestones.COMMANDED}
    return {"phases": {phase: round(seconds, 2) for phase, seconds in found.items()},
            "flow_s": total, "boot_s": round(boot, 2), "agent_s": work,
            "overhead_s": round(total - boot - work.get("deploy.write_image", 0.0), 2),
            "system_s": round((ready - begun).total_seconds() - total, 1),
            "written": steps["write_image"]["facts"], "flow": flow}


def show(found: dict[str, Any], aim: float) -> None:
    """Print the table of the machine."""
    print(f"one virtual machine, {found['wish']['firmware']}, load {found['load']} before; seconds")
    for phase, seconds in found["phases"].items():
        print(f"{phase:30} {seconds:8.2f}")
    print(f"{'the deployed system is up':30} {found['system_s']:8.1f}  after the flow's end")
    limits = found["limits"]
    print(f"limits: ramdisk given to QEMU until the agent asks {limits['start_s']} (flow, firmware included: "
          f"{found['boot_s']} to the first heartbeat)")
    print(f"        {limits['data'] / MIB:.0f} MiB of data fetched and written with dd in the machine "
          f"{limits['write_s']} (flow: {found['agent_s'].get('deploy.write_image')}, {found['written']}, "
          f"image of {found['virtual'] / MIB:.0f} MiB)")
    print(f"flow {found['flow_s']} - boot {found['boot_s']} - written {found['agent_s'].get('deploy.write_image')}: "
          f"aim overhead < {aim}: {found['overhead_s']} {'met' if found['overhead_s'] < aim else 'MISSED'}")


def main() -> None:
    """Measure one machine as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.deploying_vm", description=__doc__)
    parser.add_argument("--firmware", choices=["bios", "uefi"], default="bios", help="the machine's (default: bios)")
    parser.add_argument("--data", type=int, default=0, metavar="MIB", help="random data beside the lab's own image")
    parser.add_argument("--virtual", type=int, default=0, metavar="MIB", help="size of the image as a disk")
    parser.add_argument("--plain", action="store_true", help="a ramdisk with nothing of ours: the agent's own way")
    parser.add_argument("--aim", type=float, default=5.0, help="most seconds of overhead (default: 5)")
    parser.add_argument("--json", type=Path, help="file for the figures, with the whole flow")
    asked = parser.parse_args()
    found = measure(Wish(asked.firmware, asked.data, asked.virtual, plain=asked.plain))
    show(found, asked.aim)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
