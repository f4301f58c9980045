"""The virtual lab: simulated servers with real IPMI BMCs, and what is behind them.

fleet N runs N simulated servers until it is interrupted; vms N runs N virtual machines, for which it builds what they
boot first, and down removes what a lab of them has left. status, fault and power talk to a running fleet or lab over
its socket file.
The password of the BMCs is taken from BAREMETAL_LAB_PASSWORD, or made up and printed.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
import typing

from baremetal.cmd import starting, vms
from baremetal.lab import control, faults, fleet, machine
from baremetal.lab.agent import profile, troubles

COLUMNS = {"name": 12, "address": 16, "port": 6, "power": 6, "phase": 9, "boot": 22, "light": 9, "sessions": 9,
           "system": 24}


#: where the fleet of ./run has its socket file, seen from the folder that ./run lies in
BESIDE = pathlib.Path("data/fleet.sock")


def default_control() -> pathlib.Path:
    """Return where the socket file of a new fleet is when nobody says: a place of this user's own."""
    folder = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return pathlib.Path(folder) / f"baremetal-lab-{os.geteuid()}.sock"


def run_fleet(asked: argparse.Namespace) -> None:
    """Run a fleet until told to stop."""
    if asked.parent is not None:
        starting.end_with_parent(asked.parent)
    given = {"network": asked.network, "port": asked.port, "user": asked.user,
             "password": os.environ.get("BAREMETAL_LAB_PASSWORD"),
             "timing": machine.Timing(boot=asked.boot_time) if asked.boot_time is not None else None,
             "boot_url": asked.boot_url, "manner": manner(asked)}
    plan = fleet.Plan(asked.size, **{name: value for name, value in given.items() if value is not None})
    socket_file = asked.control or default_control()
    stop = starting.Stop()
    try:
        running = fleet.Fleet(plan)
        running.start()
    except OSError as error:
        sys.exit(f"baremetal-lab: cannot listen on {plan.network}, port {plan.port} ({error.strerror}). Another fleet "
                 "may be running; stop it, or give another --network or --port.")
    try:
        with control.Control(running, socket_file):
            print_fleet(plan, socket_file)
            stop.wait()
    finally:
        running.stop()


def manner(asked: argparse.Namespace) -> profile.Profile:
    """Return how the agents of a fleet behave."""
    given = {"start": asked.agent_time, "step": asked.step_time, "forced": asked.forced_time,
             "attempts": asked.download_attempts}
    if asked.block_maps is not None:
        given["block_maps"] = asked.block_maps == "yes"
    return profile.Profile(**{name: value for name, value in given.items() if value is not None})


def print_fleet(plan: fleet.Plan, path: pathlib.Path) -> None:
    """Print where the servers are and how to get in."""
    told = "as in BAREMETAL_LAB_PASSWORD" if "BAREMETAL_LAB_PASSWORD" in os.environ else plan.password
    rows = [f"{plan.size} servers, IPMI on UDP port {plan.port}, user {plan.user}, password {told}", f"control: {path}",
            ""]
    rows += [f"server-{number + 1:<8} {plan.address(number)}" for number in range(plan.size)]
    print("\n".join(rows), flush=True)


def show_status(asked: argparse.Namespace) -> None:
    """Print the true state of all servers, or of one."""
    found = ask(asked, "show", machine=asked.machine) if asked.machine else ask(asked, "list")
    if asked.json:
        print(json.dumps(found, indent=1))
        return
    print("".join(name.ljust(width) for name, width in COLUMNS.items()) + "faults")
    for server in found if isinstance(found, list) else [found]:
        print(_row(server))


def _row(server: dict[str, typing.Any]) -> str:
    boot = server["override"]
    words = "-" if boot is None else f"{boot['device']} {boot['mode']} {'always' if boot['persistent'] else 'once'}"
    system = server["system"]
    shown = " ".join(str(system[name]) for name in ("what", "hostname") if system.get(name))
    cells = {**server, "boot": words, "system": shown}
    wrong = [f"{name}={value}" for name, value in (server["faults"] | server["agent_faults"]).items()]
    wrong += ["unplugged"] * (not server["plugged"])
    return "".join(str(cells[name]).ljust(width) for name, width in COLUMNS.items()) + " ".join(wrong)


def switch_fault(asked: argparse.Namespace) -> None:
    """Switch a fault of a server on or off."""
    print(_row(ask(asked, "fault", machine=asked.machine, fault=asked.fault, on=asked.state == "on",
                   value=asked.value)))


def press(asked: argparse.Namespace) -> None:
    """Do to a server what somebody who stands before it could do."""
    print(_row(ask(asked, "power", machine=asked.machine, button=asked.button)))


def ask(asked: argparse.Namespace, do: str, **request: typing.Any) -> typing.Any:
    """Ask the running fleet; end with a sentence when there is none, or when it refuses."""
    usual = (BESIDE, default_control(), vms.default_control())
    path = asked.control or next((path for path in usual if path.exists()), default_control())
    try:
        return control.ask(path, do, **request)
    except control.Refused as refused:
        sys.exit(f"baremetal-lab: {refused}")
    except OSError as error:
        sys.exit(f"baremetal-lab: no fleet answers at {path} ({error.strerror}). Start one with "
                 "'baremetal-lab fleet 5', or name its socket file with --control.")


def parser() -> argparse.ArgumentParser:
    """Return what the command line takes."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--control", type=pathlib.Path, metavar="PATH",
                        help=f"socket file of the fleet (default: {BESIDE} where a service runs, else "
                             f"{default_control()})")
    made = argparse.ArgumentParser(prog="baremetal-lab", description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = made.add_subparsers(required=True, metavar="VERB")
    run = verbs.add_parser("fleet", parents=[shared], help="run simulated servers")
    run.set_defaults(work=run_fleet)
    run.add_argument("size", type=_between(1, 60000), metavar="N", help="how many")
    run.add_argument("--port", type=_between(1, 65535), help="UDP port of the BMCs (default: 623 for root, else 6230)")
    run.add_argument("--network", metavar="127.X.0.0", help="loopback network of the BMCs (default: 127.77.0.0)")
    run.add_argument("--user", help="name of the BMCs' user (default: admin)")
    run.add_argument("--boot-time", type=float, metavar="SECONDS", help="how long a server boots (default: 0.5)")
    run.add_argument("--boot-url", metavar="URL",
                     help="where servers boot over the network: URL/boot/boot.ipxe (default: nowhere)")
    run.add_argument("--agent-time", type=float, metavar="SECONDS",
                     help="from the start of a kernel until its agent runs (default: 1.5)")
    run.add_argument("--step-time", type=float, metavar="SECONDS",
                     help="what each step of an agent takes (default: 0.5)")
    run.add_argument("--forced-time", type=float, metavar="SECONDS",
                     help="least time between heartbeats, also after a command (default: 5)")
    run.add_argument("--download-attempts", type=_between(1, 100), metavar="N",
                     help="how often an agent tries a download (default: 3)")
    run.add_argument("--block-maps", choices=("yes", "no"),
                     help="whether ramdisks have the hardware manager that writes by block map (default: yes)")
    run.add_argument("--parent", type=int, metavar="PID", help="end when this process, which started it, ends")
    vms.add(verbs, shared)
    status = verbs.add_parser("status", parents=[shared], help="show the true state of the servers")
    status.set_defaults(work=show_status)
    status.add_argument("machine", nargs="?", help="name or number of one (default: all)")
    status.add_argument("--json", action="store_true", help="everything that is known, as JSON")
    told, agents = ("\n".join(f"  {name:18}{kind.says}" for name, kind in table.items())
                    for table in (faults.TABLE, troubles.TABLE))
    fault = verbs.add_parser("fault", parents=[shared], help="make a BMC or an agent bad, or good again",
                             epilog=f"faults of BMCs:\n{told}\n\nfaults of computers and their agents:\n{agents}",
                             formatter_class=argparse.RawDescriptionHelpFormatter)
    fault.set_defaults(work=switch_fault)
    fault.add_argument("machine", help="name or number of the server")
    fault.add_argument("fault", choices=faults.TABLE | troubles.TABLE, metavar="FAULT", help="one of those below")
    fault.add_argument("state", nargs="?", choices=("on", "off"), default="on", help="default: on")
    fault.add_argument("--value", help="how much of it: VALUE below (3 seconds, 20 percent, on)")
    power = verbs.add_parser("power", parents=[shared], help="press a server's buttons")
    power.set_defaults(work=press)
    power.add_argument("machine", help="name or number of the server")
    power.add_argument("button", choices=control.BUTTONS)
    return made


def _between(lowest: int, highest: int) -> typing.Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"{value} is not between {lowest} and {highest}")
        return value
    return number


def main() -> None:
    """Do what the command line says."""
    asked = parser().parse_args()
    asked.work(asked)


if __name__ == "__main__":
    main()
