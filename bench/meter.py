"""What process trees cost: CPU between two moments, memory at one. Reads /proc only; starts nothing.

A tree is a process and all its descendants, those it has already buried included, under one name. The machine's own
total tells how busy everybody else was meanwhile (``other_cores``).
"""

import dataclasses
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclasses.dataclass(frozen=True)
class Mark:
    """A moment: CPU seconds used so far by each tree, by ourselves, by the whole machine."""

    at: float
    trees: Mapping[str, float]
    client: float
    machine: float


class Meter:
    """Accounts the trees whose roots it is given, by name."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        self.roots = roots

    def mark(self) -> Mark:
        """Return the moment now."""
        return Mark(time.perf_counter(), {name: sum(map(_cpu, tree(pid))) for name, pid in self.roots.items()},
                    sum(os.times()[:4]), _machine())

    def since(self, mark: Mark, operations: int) -> dict[str, Any]:
        """Return what ``operations`` have cost since ``mark``, in milliseconds of CPU for each."""
        now = self.mark()
        wall = now.at - mark.at
        spent = {name: now.trees[name] - mark.trees[name] for name in self.roots}
        client = now.client - mark.client
        other = now.machine - mark.machine - client - sum(spent.values())
        each = 1000 / operations if operations else 0
        return {"cpu_ms": round(sum(spent.values()) * each, 4),
                "cpu_ms_by": {name: round(seconds * each, 4) for name, seconds in spent.items()},
                "client_cpu_ms": round(client * each, 4), "wall_s": round(wall, 3),
                "other_cores": round(max(other, 0) / wall, 2)}

    def memory(self) -> dict[str, dict[str, Any]]:
        """Return proportional and resident memory of each tree now, in MiB, with its processes and threads."""
        return {name: _memory(pid) for name, pid in self.roots.items()}


def tree(root: int) -> Iterator[int]:
    """Yield ``root`` and its living descendants."""
    children: dict[int, list[int]] = {}
    for pid in _processes():
        fields = _stat(pid)
        if fields:
            children.setdefault(int(fields[1]), []).append(pid)
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])


def _processes() -> list[int]:
    return [int(name) for name in os.listdir(PROC) if name.isdigit()]


def _stat(pid: int) -> list[str]:
    """The fields of a process after its name, from its state on; none when it is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _cpu(pid: int) -> float:
    """CPU seconds of a process, its ended threads and its buried children."""
    fields = _stat(pid)
    return sum(map(int, fields[11:15])) / TICKS if fields else 0.0


def _machine() -> float:
    """CPU seconds that the machine was not idle."""
    with (PROC / "stat").open() as stat:
        fields = [int(word) for word in stat.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS


def _memory(root: int) -> dict[str, Any]:
    found: dict[str, Any] = {"pss_mib": 0.0, "rss_mib": 0.0, "processes": 0, "threads": 0}
    for pid in tree(root):
        try:
            text = (PROC / str(pid) / "smaps_rollup").read_text()
            threads = len(os.listdir(PROC / str(pid) / "task"))
        except OSError:     # it ended meanwhile
            continue
        for name in ("Pss", "Rss"):
            size = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
            found[f"{name.lower()}_mib"] += int(size[1]) / 1024 if size else 0
        found["processes"] += 1
        found["threads"] += threads
    return {name: round(value, 1) for name, value in found.items()}
