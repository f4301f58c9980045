"""Measures ours and the peer one after the other, on the same kind of database and bus, and prints the ratios."""

import argparse
import contextlib
import datetime
import json
import os
import platform
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench import cycle, fill, operations, ours, peer, side, table


def options() -> argparse.Namespace:
    """Read the command line."""
    made = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    made.add_argument("--quick", action="store_true", help="a tenth of everything, for a look")
    made.add_argument("--database", choices=[*side.SERVERS, "sqlite"], default="mariadb")
    made.add_argument("--nodes", type=int, help="nodes of the large list (default 10000; --quick 1000)")
    made.add_argument("--out", type=Path, metavar="FILE.json", help="where to write everything that was measured")
    made.add_argument("--peer-venv", metavar="DIR", help="environment with the peer (default: $PEER_VENV)")
    made.add_argument("--peer-layout", choices=["rabbit", "jsonrpc"], default="rabbit",
                      help="bus of the peer (default: the same as ours)")
    made.add_argument("--only", choices=["ours", "peer"], help="measure one side alone")
    made.add_argument("--skip", action="append", default=[], choices=list(PHASES), help="leave a phase out")
    made.add_argument("--keep", type=Path, metavar="DIR", help="keep logs and configurations there")
    return made.parse_args()


def _plan(asked: argparse.Namespace) -> dict[str, int]:
    """How much of everything."""
    small = {"small": 200, "nodes": 1000, "create": 80, "patch": 80, "power": 48, "cycle": 24, "seconds": 3,
             "repeats": 2, "idle": 10}
    full = {"small": 1000, "nodes": 10000, "create": 400, "patch": 400, "power": 200, "cycle": 100, "seconds": 8,
            "repeats": 5, "idle": 130}      # one power-sync pass of both falls into 130 s
    plan = small if asked.quick else full
    return {**plan, "nodes": asked.nodes or plan["nodes"]}


Phase = Callable[[operations.Operations, side.Side, dict[str, int]], operations.Figures]


def _lists(work: operations.Operations, place: side.Side, plan: dict[str, int]) -> operations.Figures:
    fill.upto(place.database, plan["small"])
    return work.lists(plan["repeats"])


def _large(work: operations.Operations, place: side.Side, plan: dict[str, int]) -> operations.Figures:
    fill.upto(place.database, plan["nodes"])
    return {f"large {name}": figures for name, figures in
            {**work.lists(max(2, plan["repeats"] // 2)), **work.get(plan["seconds"])}.items()}


#: phase: what it does, in this order
# fmt: off
PHASES: dict[str, Phase] = {
    "create": lambda work, place, plan: work.create(plan["create"]),
    "list":   _lists,
    "get":    lambda work, place, plan: work.get(plan["seconds"]),
    "patch":  lambda work, place, plan: work.patch(plan["patch"]),
    "power":  lambda work, place, plan: work.power(plan["power"]),
    "cycle":  lambda work, place, plan: cycle.cycles(place, plan["cycle"]),
    "large":  _large,
    "idle":   lambda work, place, plan: work.idle(plan["idle"]),
}
# fmt: on


def measure(place: side.Side, plan: dict[str, int], skip: list[str]) -> dict[str, Any]:
    """Go through the phases on one side; what fails is told in its place and the rest goes on."""
    found: dict[str, Any] = {"name": place.name, "version": place.version, "memory_idle": place.meters.memory(),
                             "figures": {}, "broken": {}}
    work = operations.Operations(place)
    for name, phase in PHASES.items():
        if name in skip:
            continue
        print(f"  {place.name}: {name}", file=sys.stderr, flush=True)
        try:
            found["figures"] |= phase(work, place, plan)
        except Exception as error:
            traceback.print_exc()
            found["broken"][name] = repr(error)[:400]
    found["memory_after"] = place.meters.memory()
    return found


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where everything of this run lies."""
    if keep:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        os.chmod(name, 0o711)       # PostgreSQL does not run as root, and has to pass
        yield Path(name)


def _sides(asked: argparse.Namespace, folder: Path) -> Iterator[tuple[str, side.Side]]:
    """Start each side in turn; it runs until the next one is asked for. Never both at once."""
    venv = peer.find(asked.peer_venv)
    if asked.only != "ours" and not venv:
        print("the peer is not measured: neither --peer-venv nor $PEER_VENV names it", file=sys.stderr)
    if asked.only != "ours" and venv:
        layout = "single" if asked.database == "sqlite" else asked.peer_layout
        with contextlib.ExitStack() as stack:
            base = side.ground(stack, folder / "peer", asked.database, bus=layout == "rabbit")
            yield layout, peer.start(stack, base, venv, layout)
    if asked.only != "peer":
        with contextlib.ExitStack() as stack:
            base = side.ground(stack, folder / "ours", asked.database, bus=True)
            yield "rabbit", ours.start(stack, base)


def main() -> None:
    """Measure, print, write."""
    asked = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))     # so that what was started is ended
    plan = _plan(asked)
    result: dict[str, Any] = {
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), "plan": plan, "sides": {},
        "database": asked.database, "machine": {"cores": os.cpu_count(), "python": platform.python_version()}}
    with _folder(asked.keep) as folder:
        for layout, place in _sides(asked, folder):
            print(f"{place.name} {place.version}: {asked.database}, {layout}, {place.url}", file=sys.stderr)
            result["sides"][place.name] = {"layout": layout, **measure(place, plan, asked.skip)}
            if asked.out:
                asked.out.write_text(json.dumps(result, indent=1) + "\n")
    print(table.render(result))


if __name__ == "__main__":
    main()
