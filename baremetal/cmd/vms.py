"""The part of ``baremetal-lab`` that is about virtual machines: build, vms, down, console. Knows no machine itself."""

import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile
import typing

from baremetal.cmd import starting
from baremetal.lab import control
from baremetal.lab.vms import accelerator, lab, ledger, plan, programs
from baremetal.lab.vms.builders import cache, image, ramdisk, root

USUAL = plan.Network()
SOCKET = "control.sock"


def default_cache() -> pathlib.Path:
    """Return where built things are kept when nobody says."""
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "baremetal-lab"


def default_folder() -> pathlib.Path:
    """Return where a lab has its files when nobody says: a place of this user's own."""
    folder = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return pathlib.Path(folder) / f"baremetal-lab-vms-{os.geteuid()}"


def default_control() -> pathlib.Path:
    """Return the socket file of a lab that nobody named."""
    return default_folder() / SOCKET


def say(text: str) -> None:
    """Tell what is being built."""
    print(text, flush=True)


def build_all(asked: argparse.Namespace) -> dict[str, str]:
    """Build what is not there yet; return where everything is."""
    kept = cache.Cache(asked.cache or default_cache(), say)
    booted, deployed = ramdisk.build(kept, asked.agent_version, asked.plugin), image.build(kept)
    return {"deploy_kernel": str(booted / "kernel"), "deploy_ramdisk": str(booted / "ramdisk"),
            "images": str(deployed)}


def build(asked: argparse.Namespace) -> None:
    """Build ramdisk and images, and print where they are."""
    with _told():
        for name, path in build_all(asked).items():
            print(f"{name:15} {path}")


def run(asked: argparse.Namespace) -> None:
    """Run virtual machines until told to stop."""
    if asked.parent is not None:
        starting.end_with_parent(asked.parent)
    folder = (asked.folder or default_folder()).absolute()
    stop = starting.Stop()
    with _told():
        built = {} if asked.no_build else build_all(asked)
        wanted = _plan(asked, folder, built.get("deploy_kernel"))
        with lab.Lab(wanted) as running:
            (folder / "built.json").write_text(json.dumps(built))
            with control.Control(running, asked.control or folder / SOCKET):
                _print(wanted, asked.control or folder / SOCKET, built)
                stop.wait()


def down(asked: argparse.Namespace) -> None:
    """End a lab, also one that was killed, and remove its files. What was built stays."""
    folder = (asked.folder or default_folder()).absolute()
    with _told():
        found = ledger.sweep(folder)
        if ledger.known(folder):
            shutil.rmtree(folder)
            found.append(f"folder {folder}")
    print("removed: " + ", ".join(found) if found else f"there is no lab in {folder}")


def show_console(asked: argparse.Namespace) -> None:
    """Print where the log of a machine's serial console is, and what it says."""
    path = asked.control or default_control()
    try:
        told = control.ask(path, "show", machine=asked.machine)
    except control.Refused as refused:
        sys.exit(f"baremetal-lab: {refused}")
    except OSError as error:
        sys.exit(f"baremetal-lab: no lab answers at {path} ({error.strerror})")
    print(f"# {told['console']}; to type on it: socat -,raw,echo=0,escape=0x1d unix:{told['serial_socket']}")
    log = pathlib.Path(told["console"])
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    print("\n".join(lines[-asked.lines:]))


def _plan(asked: argparse.Namespace, folder: pathlib.Path, kernel: str | None) -> plan.Plan:
    network = plan.Network(asked.namespace, asked.link, asked.address, asked.address6)
    machines = plan.machines(asked.size, asked.firmware, asked.memory, asked.disks, asked.nics)
    way = asked.accelerate
    if way == "auto":
        kept = cache.Cache(asked.cache or default_cache(), say)
        way = accelerator.known(kept, pathlib.Path(kernel)) if kernel else "tcg"
    given = {"user": asked.user, "password": os.environ.get("BAREMETAL_LAB_PASSWORD")}
    return plan.Plan(machines, folder, network, accelerate=way,
                     **{name: value for name, value in given.items() if value is not None})


def _print(wanted: plan.Plan, path: pathlib.Path, built: dict[str, str]) -> None:
    told = "as in BAREMETAL_LAB_PASSWORD" if "BAREMETAL_LAB_PASSWORD" in os.environ else wanted.password
    way = {"tcg": "emulated (TCG)", "kvm": "KVM"}[wanted.accelerate]
    rows = [(f"{len(wanted.machines)} virtual machines, {way}; IPMI on UDP port {plan.PORT}, user {wanted.user}, "
             f"password {told}"), f"network: {wanted.network.link} {wanted.network.address}, control: {path}"]
    rows += [f"{name}: {place}" for name, place in built.items()]
    rows += ["", *(f"{wanted.name(number):8} {wanted.network.bmc(number).partition('/')[0]:15} {one.firmware:5} "
                   f"{wanted.macs(number)[0]}" for number, one in enumerate(wanted.machines))]
    print("\n".join(rows), flush=True)


class _told:
    """Ends the process with a sentence when the lab cannot do what it was asked."""

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, programs.Trouble | ValueError):
            sys.exit(f"baremetal-lab: {error}")


def add(verbs: typing.Any, shared: argparse.ArgumentParser) -> None:
    """Add the verbs to the command line of ``baremetal-lab``."""
    made = argparse.ArgumentParser(add_help=False)
    made.add_argument("--cache", type=pathlib.Path, metavar="DIR",
                      help=f"where built things are kept (default: {default_cache()})")
    made.add_argument("--agent-version", default=root.AGENT, metavar="X.Y.Z",
                      help=f"version of ironic-python-agent (default: {root.AGENT})")
    made.add_argument("--plugin", type=pathlib.Path, default=ramdisk.PLUGIN, metavar="DIR",
                      help="source of the package that goes into the ramdisk beside the agent (default: ramdisk in the "
                           "checkout, if it is there)")
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--folder", type=pathlib.Path, metavar="DIR",
                       help=f"disks, logs and notes of the lab (default: {default_folder()})")
    one = verbs.add_parser("build", parents=[made], help="build deploy ramdisk and images for virtual machines")
    one.set_defaults(work=build)
    one = verbs.add_parser("vms", parents=[shared, made, place], help="run virtual machines as servers; needs root")
    one.set_defaults(work=run)
    _machines(one)
    one.add_argument("--parent", type=int, metavar="PID", help="end when this process, which started it, ends")
    one = verbs.add_parser("down", parents=[place], help="end the virtual machines, remove their network and files")
    one.set_defaults(work=down)
    one = verbs.add_parser("console", parents=[shared], help="show what a virtual machine's serial console has said")
    one.set_defaults(work=show_console)
    one.add_argument("machine", help="name or number of the machine")
    one.add_argument("--lines", type=int, default=40, metavar="N", help="how many of the last lines (default: 40)")


def _machines(one: argparse.ArgumentParser) -> None:
    """Add what the machines and their network are to be."""
    one.add_argument("size", type=int, metavar="N", help="how many")
    one.add_argument("--firmware", default="bios", metavar="KIND[,KIND]",
                     help="bios or uefi; several are dealt out in turn (default: bios)")
    one.add_argument("--memory", default="1536", metavar="MIB[,MIB]", help="memory (default: 1536)")
    one.add_argument("--disks", default="6G", metavar="SIZE[+SIZE][,…]",
                     help="disks of a machine, joined by + (default: 6G; the agent takes none below 4G)")
    one.add_argument("--nics", default="1", metavar="N[,N]", help="network cards (default: 1)")
    one.add_argument("--namespace", default=USUAL.namespace, help=f"network namespace (default: {USUAL.namespace})")
    one.add_argument("--link", default=USUAL.link, help=f"our end of the network (default: {USUAL.link})")
    one.add_argument("--address", default=USUAL.address, metavar="A.B.C.D/N",
                     help=f"address of our end; BMCs have .101 and on (default: {USUAL.address})")
    one.add_argument("--address6", default=USUAL.address6, metavar="A::B/N",
                     help=f"IPv6 address of our end (default: {USUAL.address6})")
    one.add_argument("--user", help="name of the BMCs' user (default: admin)")
    one.add_argument("--accelerate", choices=("auto", "tcg", "kvm"), default="auto",
                     help="auto: KVM where a kernel really boots with it, else emulation (default)")
    one.add_argument("--no-build", action="store_true", help="run only; build neither ramdisk nor images")
