"""Lets one conductor read the power of a simulated fleet of IPMI BMCs, and says what a pass costs.

The fleet is a process of its own, as real BMCs would be; it counts the commands that each BMC was given, which says
when a pass begins and ends. The first pass also writes each node's power. With --interval below [ipmi]session_idle
(50 s) sessions are kept between passes; above, each poll logs in anew.
"""

import argparse
import contextlib
import datetime
import json
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from baremetal.lab import control, fleet
from bench import client, meter, ours, side
from tests import processes

LOOK = 0.5      # seconds between two looks at the fleet
AIM_SECONDS, AIM_CORES = 60, 1.0


class Fleet:
    """A running fleet and what its BMCs were asked."""

    def __init__(self, stack: contextlib.ExitStack, folder: Path, size: int) -> None:
        self.control, self.password = folder / "fleet.sock", "bench-password"
        self.plan = fleet.Plan(size, network=f"127.{random.randrange(100, 200)}.0.0", port=6230)
        command = [sys.executable, "-m", "baremetal.cmd.lab", "fleet", str(size), "--network", self.plan.network,
                   "--port", str(self.plan.port), "--control", str(self.control)]
        self.process = side.spawn(stack, "lab", processes.Command(
            command, cwd=ours.ROOT, env={"BAREMETAL_LAB_PASSWORD": self.password}), folder / "lab.log")
        self.process.wait_for(lambda: len(self.commands()) == size, within=60)

    def commands(self) -> list[int]:
        """Return how many commands each BMC was given so far, without those that close a session."""
        counts = [server["counts"] for server in control.ask(self.control, "list")]
        return [count["commands"] - count["closed"] for count in counts]

    def info(self, number: int) -> dict[str, Any]:
        """Return the driver_info of a server."""
        return {"ipmi_address": self.plan.address(number), "ipmi_port": self.plan.port,
                "ipmi_username": self.plan.user, "ipmi_password": self.password}


def enrol(place: side.Side, servers: Fleet) -> dict[str, Any]:
    """Make a node for each server over the API, and put them all into service at once in the database."""
    def make(own: client.Client, number: int) -> None:
        own.call("POST", "/v1/nodes", {"name": f"server-{number}", "driver": "ipmi",
                                       "driver_info": servers.info(number), "resource_class": "baremetal"})
    figures, _ = client.Crowd(place.url, place.meters).do(servers.plan.size, 8, make)
    if figures["errors"]:
        raise SystemExit(f"enrolling failed: {figures['first_error']}")
    engine = sa.create_engine(place.database)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE nodes SET provision_state = 'manageable'"))
    engine.dispose()
    return figures


def watch(servers: Fleet, meters: meter.Meter, within: float) -> dict[str, Any]:
    """Wait for one whole pass and return what it cost for each BMC."""
    before, base = meters.mark(), servers.commands()
    end = time.monotonic() + within
    while time.monotonic() < end:
        time.sleep(LOOK)
        mark, now = meters.mark(), servers.commands()
        asked = sum(new > old for new, old in zip(now, base, strict=True))
        if not asked:
            before = mark
        if asked == len(base):
            figures = meters.since(before, asked)
            seconds = figures["wall_s"]
            return {"bmcs": asked, "seconds": seconds, "commands_per_bmc": round((sum(now) - sum(base)) / asked, 1),
                    "conductor_cores": round(figures["cpu_ms_by"]["conductor"] * asked / 1000 / seconds, 3), **figures}
    raise SystemExit(f"no whole pass within {within:.0f} s: {asked} of {len(base)} BMCs were asked")


def options() -> argparse.Namespace:
    """Read the command line."""
    made = argparse.ArgumentParser(prog="bench/ipmi", description=__doc__)
    made.add_argument("--fleet", type=int, default=2000, metavar="N")
    made.add_argument("--database", choices=[*side.SERVERS, "sqlite"], default="mariadb")
    made.add_argument("--interval", type=int, default=60, help="[conductor]sync_power_state_interval (default 60)")
    made.add_argument("--passes", type=int, default=2)
    made.add_argument("--out", type=Path, metavar="FILE.json")
    made.add_argument("--keep", type=Path, metavar="DIR", help="keep logs there")
    return made.parse_args()


def main() -> None:
    """Start everything, enrol, watch the passes, print."""
    asked = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        Path(name).chmod(0o711)     # PostgreSQL does not run as root, and has to pass
        folder = asked.keep or Path(name)
        place = ours.start(stack, side.ground(stack, folder / "ours", asked.database, bus=True), {
            "default": "enabled_hardware_types = ipmi",
            "conductor": f"sync_power_state_interval = {asked.interval}"})
        servers = Fleet(stack, folder, asked.fleet)
        meters = meter.Meter({**place.roots, "lab": servers.process.pid})
        idle = meters.memory()
        enrolled = enrol(place, servers)
        passes = [watch(servers, meters, 4 * asked.interval + 120) for _ in range(asked.passes)]
        result = {"when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), "fleet": asked.fleet,
                  "interval": asked.interval, "database": asked.database, "enrol": enrolled, "passes": passes,
                  "memory_idle": idle, "memory_after": meters.memory()}
    print(_table(result))
    if asked.out:
        asked.out.write_text(json.dumps(result, indent=1) + "\n")


def _table(result: dict[str, Any]) -> str:
    lines = [f"power of {result['fleet']} BMCs, every {result['interval']} s, {result['database']}",
             "pass  seconds  conductor cores  conductor ms/BMC  database ms/BMC  commands/BMC  noise  aim"]
    for number, found in enumerate(result["passes"], 1):
        met = found["seconds"] < AIM_SECONDS and found["conductor_cores"] < AIM_CORES
        by = found["cpu_ms_by"]
        lines.append(f"{number:4} {found['seconds']:8.1f} {found['conductor_cores']:16.2f} {by['conductor']:17.2f} "
                     f"{by.get('database', 0):16.2f} {found['commands_per_bmc']:13.1f} {found['other_cores']:6.2f}  "
                     f"{'met' if met else 'MISSED'}")
    for process in ("conductor", "lab"):
        lines.append(f"{process}: {result['memory_idle'][process]['pss_mib']} -> "
                     f"{result['memory_after'][process]['pss_mib']} MiB PSS")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
