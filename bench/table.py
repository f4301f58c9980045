"""The aims, and the table that says how far each is met. Measures nothing."""

from typing import Any

#: operation (the beginning of a measurement's name): how many times cheaper than the peer it shall be
AIMS = {"create": 8, "list detail": 20, "large list detail": 20, "get": 10, "large get": 10, "patch": 8, "power": 8,
        "cycle": 8}
#: process: PSS that it may have idle, in MB (a million bytes, as the aims have it)
MEMORY = {"api": 90, "conductor": 100}
MIB = 1.048576

HEAD = ("operation", "peer ms", "ours ms", "ratio", "no broker", "aim", "", "peer/s", "ours/s", "noise p/o")
WIDTHS = (28, 9, 9, 7, 9, 5, 7, 8, 9, 10)


def render(result: dict[str, Any]) -> str:
    """Return everything as text: CPU per operation of both sides, memory, idle, what broke."""
    sides = result["sides"]
    ours, peer = sides.get("ours", {}), sides.get("peer", {})
    lines = ["", f"CPU of all server processes per operation (list: per node); {result['database']}, "
             + ", ".join(f"{name} over {found['layout']}" for name, found in sides.items()), _line(HEAD)]
    names = list(dict.fromkeys([*peer.get("figures", {}), *ours.get("figures", {})]))
    lines += [_line(_row(name, peer.get("figures", {}).get(name), ours.get("figures", {}).get(name))) for name in names
              if name != "idle"]
    lines += ["", "memory, PSS in MB, idle -> after; CPU while idle, ms per second"]
    for name, found in sides.items():
        lines += _processes(name, found)
    for name, found in sides.items():
        lines += [f"BROKEN {name} {phase}: {error}" for phase, error in found["broken"].items()]
        lines += [f"ERRORS {name} {what}: {figures['errors']}, first: {figures.get('first_error')}"
                  for what, figures in found["figures"].items() if figures.get("errors")]
    return "\n".join(lines)


def aim(name: str) -> int | None:
    """Return the aim of a measurement, if it has one."""
    return next((times for beginning, times in AIMS.items() if name.startswith(beginning)), None)


def _row(name: str, peer: dict[str, Any] | None, ours: dict[str, Any] | None) -> tuple[str, ...]:
    wanted = aim(name)
    ratio = bare = None
    if peer and ours and _bare(ours) and not peer.get("errors") and not ours.get("errors"):
        ratio, bare = peer["cpu_ms"] / ours["cpu_ms"], _bare(peer) / _bare(ours)
    met = "" if not wanted or ratio is None else "met" if ratio >= wanted else "MISSED"
    return (name, _number(peer and peer["cpu_ms"]), _number(ours and ours["cpu_ms"]), _times(ratio), _times(bare),
            f"{wanted}x" if wanted else "", met, _number(peer and peer["per_s"]), _number(ours and ours["per_s"]),
            "/".join(str(side["other_cores"]) if side else "-" for side in (peer, ours)))


def _bare(figures: dict[str, Any]) -> float:
    """CPU without the broker's."""
    return float(figures["cpu_ms"] - figures["cpu_ms_by"].get("broker", 0))


def _processes(name: str, found: dict[str, Any]) -> list[str]:
    idle = found["figures"].get("idle", {}).get("cpu_ms_by", {})
    lines = []
    for process, before in found["memory_idle"].items():
        most = MEMORY.get(process) if name == "ours" else None
        now, after = before["pss_mib"] * MIB, found["memory_after"][process]["pss_mib"] * MIB
        said = "" if not most else f"  aim {most}: {'met' if now <= most else 'MISSED'}"
        lines.append(f"  {name:5} {process:10} {now:6.0f} -> {after:6.0f}   idle {idle.get(process, 0):6.1f}{said}")
    return lines


def _number(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}x"


def _line(cells: tuple[str, ...]) -> str:
    first, *rest = (cell.ljust(width) if number == 0 else cell.rjust(width)
                    for number, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True)))
    return " ".join([first, *rest]).rstrip()
