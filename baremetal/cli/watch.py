"""``baremetal-watch NODE…``: shows what happens to servers while it happens, with a bar for how far it is.

The API's address and our credentials come from OS_ENDPOINT, OS_AUTH_TYPE, OS_USERNAME and OS_PASSWORD, as the
service prints them when it starts.
"""

import argparse
import getpass
import json
import os
import queue
import shutil
import sys
import threading
import typing

from baremetal import clock
from baremetal.cli import access, interrupt, screen, stream

#: seconds between two drawings when nothing happens
REDRAW = 1.0
#: seconds within which what comes together is drawn together
SETTLE = 0.02
#: nodes that are watched at once; each takes a stream of the server
MOST = 16
# fmt: off
#: how it ends
GOOD, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
# fmt: on
CODES = """exit status with --until-done: 0 done, 1 failed or aborted, 2 wrong use or no connection"""

Told = tuple[str, stream.Event | access.Wrong]


def parser() -> argparse.ArgumentParser:
    """Return what the command line takes."""
    made = argparse.ArgumentParser(prog="baremetal-watch", description=__doc__, epilog=CODES,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("node", nargs="+", metavar="NODE", help="UUID or name")
    made.add_argument("--until-done", action="store_true", help="end when what runs has ended, or at once if nothing "
                                                                "does; the exit status tells how")
    made.add_argument("--json", action="store_true", help="a JSON document for each event instead of text")
    made.add_argument("--endpoint", metavar="URL", help="where the API is (default: OS_ENDPOINT)")
    made.add_argument("--user", help="who we are there (default: OS_USERNAME); the password is OS_PASSWORD, or asked "
                                       "for")
    return made


class Terminal:
    """Lines that stay, above bars that change; without a terminal only lines."""

    def __init__(self, out: typing.TextIO) -> None:
        self._out, self._live, self._drawn = out, out.isatty(), 0
        self._phases: dict[str, typing.Any] = {}

    def show(self, lines: list[str], shows: typing.Iterable[screen.Show], now: float) -> None:
        """Write lines and draw the bars anew."""
        columns = shutil.get_terminal_size().columns - 1 if self._live else 200
        bars = [(each, bar) for each in shows if (bar := each.bar(columns, now)) is not None]
        if not self._live:
            for each, bar in bars:
                if self._phases.get(each.name) != each.phase():
                    self._phases[each.name] = each.phase()
                    lines.append(bar)
        text = f"\x1b[{self._drawn}F\x1b[J" if self._drawn else ""
        text += "".join(f"{line}\n" for line in lines)
        self._drawn = len(bars) if self._live else 0
        text += "".join(f"{bar}\n" for _each, bar in bars[:self._drawn])
        if text:
            self._out.write(text.encode(self._out.encoding or "ascii", "replace").decode(self._out.encoding or "ascii"))
            self._out.flush()


class Watch:
    """One run of the command."""

    def __init__(self, asked: argparse.Namespace, how: access.Access, out: typing.TextIO) -> None:
        self._asked, self._how, self._out = asked, how, out
        self._terminal = Terminal(out)
        signs = screen.Signs.of(out.encoding)
        self._shows = {node: screen.Show(node, signs) for node in dict.fromkeys(asked.node)}
        #: node: how what ran there has ended
        self._ended: dict[str, int] = {}
        self._told: queue.Queue[Told] = queue.Queue()

    def run(self) -> int:
        """Watch until it is over; return the exit status."""
        for node in self._shows:
            threading.Thread(target=self._follow, args=(node,), daemon=True).start()
        while not (self._asked.until_done and len(self._ended) == len(self._shows)):
            self._show(self._gather())
        return max(self._ended.values())

    def _gather(self) -> list[str]:
        """Return the lines of what has come, once something has; none when nothing comes for a while."""
        lines: list[str] = []
        within = REDRAW
        while True:
            try:
                node, event = self._told.get(timeout=within)
            except queue.Empty:
                return lines
            if isinstance(event, access.Wrong):
                self._show(lines)
                raise event
            lines += self._take(node, event)
            within = SETTLE

    def _follow(self, node: str) -> None:
        try:
            for event in stream.follow(self._how, node):
                self._told.put((node, event))
        except access.Wrong as wrong:
            self._told.put((node, wrong))

    def _take(self, node: str, event: stream.Event) -> list[str]:
        """Return the lines of an event, and see whether it is the last one."""
        if node in self._ended and self._asked.until_done:
            return []
        over = self._over(event)
        if over is not None:
            self._ended[node] = over
        if self._asked.json:
            if not event.name.startswith(":"):
                json.dump({"node": node, "event": event.name, "id": event.ident, "data": event.data}, self._out)
                self._out.write("\n")
                self._out.flush()
            return []
        lines = self._shows[node].lines(event, clock.REAL.tick())
        if event.name == "snapshot" and over == FAILED and self._asked.until_done:
            lines += screen.why(node, event.data)
        several = f"{node}: " if len(self._shows) > 1 else ""
        return [several + line for line in lines]

    def _over(self, event: stream.Event) -> int | None:
        """Return how what ran has ended; None while it runs."""
        if event.name not in ("snapshot", "end"):
            return None
        flow = event.data["flow"] if event.name == "snapshot" else event.data
        if flow is None:
            return GOOD
        if flow["finished_at"] is None:
            return None
        return GOOD if flow["state"] == "done" else FAILED

    def _show(self, lines: list[str]) -> None:
        if not self._asked.json:
            self._terminal.show(lines, self._shows.values(), clock.REAL.tick())


def main() -> None:
    """Watch, and end with the status that says how it went."""
    asked = parser().parse_args()
    if len(set(asked.node)) > MOST:
        parser().error(f"{len(set(asked.node))} nodes are too many; at most {MOST} are watched at once")
    interrupt.begin()
    try:
        how = access.of(os.environ, asked.endpoint, asked.user, getpass.getpass if sys.stdin.isatty() else None)
        sys.exit(Watch(asked, how, sys.stdout).run())
    except access.Wrong as wrong:
        print(f"baremetal-watch: {screen.clean(str(wrong))}", file=sys.stderr)
        sys.exit(WRONG)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # who read us has gone; nor shall Python complain of it at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(INTERRUPTED)
    except OSError as error:
        # a full disk, a terminal that is gone; what asks the API makes sentences of its own
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"baremetal-watch: cannot write: {error.strerror or error}", file=sys.stderr)
        sys.exit(WRONG)


if __name__ == "__main__":
    main()
