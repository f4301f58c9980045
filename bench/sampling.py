"""Samples our API and conductor with py-spy while one operation is repeated, and says where the CPU goes.

Counts the thread that has the interpreter. By package (whose code runs), by function (its own time), and by
function of ours (with all it calls).
Needs ``pip install py-spy`` and the right to trace (root, or ptrace_scope 0).
"""

import argparse
import collections
import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from bench import cycle, operations, ours, side

RATE = 200
FRAME = re.compile(r"^(?P<function>.+) \((?P<file>.+?)(?::\d+)?\)$")

Repeat = Callable[[operations.Operations, side.Side], object]

#: operation: one round of it, a second or so
REPEAT: dict[str, Repeat] = {
    "create": lambda work, place: work.create(80),
    "list":   lambda work, place: work.lists(3),
    "get":    lambda work, place: work.get(2),
    "patch":  lambda work, place: work.patch(80),
    "power":  lambda work, place: work.power(60),
    "cycle":  lambda work, place: cycle.Cycle(place, 30, clean=False).run(),
    "clean":  lambda work, place: cycle.Cycle(place, 30, clean=True).run(),
    "idle":   lambda work, place: time.sleep(5),
}


def options() -> argparse.Namespace:
    """Read the command line."""
    made = argparse.ArgumentParser(prog="bench/profile", description=__doc__)
    made.add_argument("operation", choices=list(REPEAT))
    made.add_argument("--database", choices=[*side.SERVERS, "sqlite"], default="mariadb")
    made.add_argument("--seconds", type=int, default=10)
    made.add_argument("--top", type=int, default=25, help="rows of each table")
    made.add_argument("--keep", type=Path, metavar="DIR", help="keep the folded stacks there (for a flame graph)")
    return made.parse_args()


def report(name: str, stacks: Iterable[str], top: int) -> str:
    """Return the tables of one process from py-spy's folded stacks."""
    packages: collections.Counter[str] = collections.Counter()
    own: collections.Counter[str] = collections.Counter()
    within: collections.Counter[str] = collections.Counter()
    total = 0
    for line in stacks:
        folded, count = line.rsplit(" ", 1)
        frames = [frame for frame in map(_frame, folded.split(";")) if frame]
        if not frames:
            continue
        samples = int(count)
        total += samples
        package, where = frames[-1]
        packages[package] += samples
        own[f"{package}: {where}"] += samples
        for seen in {where for package, where in frames if package == "baremetal"}:
            within[seen] += samples
    lines = [f"--- {name}: {total} samples at {RATE}/s"]
    for title, counter in (("whose code", packages), ("own time", own), ("ours, with what they call", within)):
        lines += ["", title]
        lines += [f"  {100 * count / max(total, 1):5.1f} %  {what}" for what, count in counter.most_common(top)]
    return "\n".join(lines)


def _frame(text: str) -> tuple[str, str] | None:
    """Package and function of a frame; nothing for the threads' names."""
    found = FRAME.match(text)
    if not found:
        return None
    parts = Path(found["file"]).parts
    place = "/".join(parts[-3:])
    if "site-packages" in parts:
        package = parts[parts.index("site-packages") + 1].removesuffix(".py")
    else:
        package = "baremetal" if "baremetal" in parts[-4:] else "python"
    return package, f"{found['function']} ({place})"


def main() -> None:
    """Start ours, repeat the operation, sample, print."""
    asked = options()
    sampler = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if not sampler:
        raise SystemExit("py-spy is not installed: .venv/bin/pip install py-spy")
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        Path(name).chmod(0o711)     # PostgreSQL does not run as root, and has to pass
        folder = asked.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        place = ours.start(stack, side.ground(stack, Path(name) / "ours", asked.database, bus=True))
        work = operations.Operations(place)
        work.create(80)
        REPEAT[asked.operation](work, place)        # the first round compiles and fills caches
        outputs = {process: folder / f"{process}.folded" for process in ("api", "conductor")}
        samplers = [subprocess.Popen(
            [sampler, "record", "--pid", str(place.roots[process]), "--rate", str(RATE), "--format", "raw",
             "--full-filenames", "--gil", "--duration", str(asked.seconds), "--output", output],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for process, output in outputs.items()]
        mark = place.meters.mark()
        end = time.monotonic() + asked.seconds
        while time.monotonic() < end:
            REPEAT[asked.operation](work, place)
        print("CPU used, ms:", place.meters.since(mark, 1)["cpu_ms_by"])
        for started, (process, output) in zip(samplers, outputs.items(), strict=True):
            started.wait()
            print(report(process, output.read_text().splitlines(), asked.top))


if __name__ == "__main__":
    main()
