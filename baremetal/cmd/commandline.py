"""What the command line of everything in one process may say. Standard library only, and no import of ours.

``./run`` runs this file before there is an environment: what is wrong is said at once, not after minutes of set-up.
"""

import argparse
import ipaddress
import os
import pathlib

LOOPBACK = ipaddress.IPv4Network("127.0.0.0/8")
#: simulated servers: as many addresses as their network has, in round numbers; virtual machines
MOST, MOST_VMS = 60000, 99
NO_ROOT = """--vms is for root, who makes the virtual machines' network: sudo ./run --vms {vms}
Without root: ./run --fleet {vms} starts simulated servers, which are enrolled, deployed and broken in the same way."""


def options(made: argparse.ArgumentParser, words: list[str] | None = None,
            user: int | None = None) -> argparse.Namespace:
    """Read the command line of this process and user, unless others are given; end with what is wrong in it."""
    made.add_argument("--data", default="data", metavar="DIR",
                      help="where database, credentials and log are kept (default: data; ./run: data beside it)")
    made.add_argument("--port", type=int, help="port of the API (default: 6385)")
    made.add_argument("--bind", metavar="ADDRESS", help="address of the API (default: 127.0.0.1)")
    made.add_argument("--fleet", type=int, default=0, metavar="N",
                      help="simulated servers to start and enrol (default: 0; ./run: 5)")
    made.add_argument("--vms", type=int, default=0, metavar="N",
                      help="virtual machines to start and enrol, BIOS and UEFI in turn; needs root (default: 0)")
    made.add_argument("--vms-cache", type=pathlib.Path, metavar="DIR",
                      help="where what virtual machines boot is kept once it is built (default: baremetal-lab's)")
    made.add_argument("--auth", choices=["http_basic", "noauth"], help="who may talk to the API (default: http_basic)")
    made.add_argument("--fleet-network", default="127.77.0.0", metavar="127.X.0.0",
                      help="loopback network of the simulated BMCs (default: 127.77.0.0)")
    found = made.parse_args(words)
    _check(made, found)
    if found.vms and (os.geteuid() if user is None else user) != 0:
        made.exit(2, f"{made.prog}: {NO_ROOT.format(vms=found.vms)}\n")
    return found


def _check(made: argparse.ArgumentParser, found: argparse.Namespace) -> None:
    if not 0 <= found.fleet <= MOST:
        made.error(f"--fleet is {found.fleet}; it must be from 0 to {MOST}")
    if not 0 <= found.vms <= MOST_VMS:
        made.error(f"--vms is {found.vms}; it must be from 0 to {MOST_VMS}")
    if found.port is not None and not 0 < found.port < 65536:
        made.error(f"--port is {found.port}; it must be from 1 to 65535")
    try:
        inside = ipaddress.IPv4Address(found.fleet_network) in LOOPBACK
    except ValueError:
        inside = False
    if not inside:
        made.error(f"--fleet-network is {found.fleet_network}; it must be an address of {LOOPBACK}, as 127.78.0.0")
    for file in found.config_file:
        if not os.access(file, os.R_OK):
            made.error(f"--config-file {file} cannot be read: is there such a file, and may this user read it?")


def main() -> None:
    """Look at the command line of ``./run``."""
    made = argparse.ArgumentParser(prog="./run", usage="./run [options]; ./run --help names them")
    made.add_argument("--config-file", action="append", default=[])
    options(made)


if __name__ == "__main__":
    main()
