"""``baremetal-ops COMMAND``: what the convention's commands do not have: timelines, reasons, the fleet, live events.

The API's address and our credentials come from OS_ENDPOINT, OS_AUTH_TYPE, OS_USERNAME and OS_PASSWORD, as the
service prints them when it starts. Commands that show something take -f table or -f json.
"""

import argparse
import collections.abc
import dataclasses
import datetime
import getpass
import json
import os
import shutil
import sys
import typing
import urllib.parse

from baremetal import clock
from baremetal.cli import access, asking, completion, interrupt, screen, stream, table, watch, why

#: nodes of one state of failure that are shown with the fleet
SHOWN = 10
Run = collections.abc.Callable[[argparse.Namespace, access.Access], int]


@dataclasses.dataclass(frozen=True)
class Command:
    """One command: what it does, in a sentence, and what it takes."""

    run: Run
    says: str
    #: name or option: keywords for argparse
    takes: dict[str, dict[str, typing.Any]] = dataclasses.field(default_factory=dict)
    #: whether its outcome can be had as JSON
    shows: bool = True
    #: whether it asks the API
    asks: bool = True


def _node(asked: argparse.Namespace, part: str) -> str:
    return f"/ops/v1/nodes/{urllib.parse.quote(asked.node, safe='')}/{part}"


def _show(asked: argparse.Namespace, found: typing.Any, text: str) -> int:
    print(table.document(found) if asked.format == "json" else text)
    return watch.GOOD


def _columns() -> int | None:
    """Return how wide the terminal is; None where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _now() -> datetime.datetime:
    return clock.REAL.now().replace(tzinfo=datetime.UTC)


def timeline(asked: argparse.Namespace, how: access.Access) -> int:
    """Show the newest flows of a node, each with its steps."""
    found = asking.ask(how, "GET", _node(asked, f"timeline?limit={asked.limit}"))
    told = [_flow(asked, flow, _columns()) for flow in reversed(found["flows"])]
    return _show(asked, found, "\n\n".join(told) or "Nothing was done with it yet.")


def _flow(asked: argparse.Namespace, flow: dict[str, typing.Any], columns: int | None) -> str:
    """Return one flow: what it was, its error, its steps."""
    ended = "since" if flow["finished_at"] is None else "after"
    parts = [(f"{flow['verb']} {flow['state']} {ended} {screen.seconds(flow['duration_seconds'])}, begun "
             f"{screen.moment(flow['created_at'], _now())}"),
             f"  by {table.cell(flow['user'])}, {table.cell(flow['request_id'])}, conductor {flow['conductor']}"]
    if flow["error"]:
        parts.append(f"  error: {screen.clean(flow['error'])}")
    parts = [table.wrapped(part, columns) for part in parts]
    parts.append(table.rows(("STEP", "STATE", "TOOK", "TRIES", "ERROR"), [
        (f"{step['interface']}.{step['step']}", step["state"], _took(step["duration_seconds"]), step["attempts"],
         "see above" if step["error"] and step["error"] in (flow["error"] or "") else step["error"])
        for step in flow["steps"]], columns))
    if asked.milestones:
        parts.append(table.rows(("MILESTONE", "AFTER", "FACTS"), [
            (one["name"], _took(one["seconds"]), table.facts(one["facts"])) for one in flow["milestones"]], columns))
    return "\n".join(parts)


def _took(value: float | None) -> str | None:
    return None if value is None else screen.seconds(value)


def tell_why(asked: argparse.Namespace, how: access.Access) -> int:
    """Say why a node is as it is, what it waits for, and what to do."""
    found = asking.ask(how, "GET", _node(asked, "timeline?limit=1"))
    told = [screen.clean(line) for line in why.lines(found, _now())]
    return _show(asked, {"node": found["node"], "name": found["name"], "why": told},
                 "\n".join(table.wrapped(line, _columns()) for line in told))


def fleet(asked: argparse.Namespace, how: access.Access) -> int:
    """Count the nodes by state, power, fault, driver and conductor."""
    found = asking.ask(how, "GET", "/ops/v1/fleet")
    plain = {name: value for name, value in found.items() if not isinstance(value, dict)}
    counts = [(name, word, number) for name, value in found.items() if isinstance(value, dict)
              for word, number in sorted(value.items(), key=lambda each: -each[1])]
    parts = [table.pairs(plain), table.rows(("BY", "VALUE", "NODES"), counts, _columns())]
    if asked.format != "json":
        parts += [part for part in (_alone(found), _ill(how, found)) if part]
    return _show(asked, found, "\n\n".join(parts))


def _alone(found: dict[str, typing.Any]) -> str:
    """Return what to do where no conductor is alive for some nodes."""
    many = found["without_conductor"]
    return "" if not many else table.wrapped(
        f"{many} of them cannot be worked on: no live conductor has their driver and their conductor group. 'baremetal "
        "conductor list' tells which are down; start baremetal-conductor there again.", _columns())


def _ill(how: access.Access, found: dict[str, typing.Any]) -> str:
    """Return the nodes that somebody should look at: in a state of failure, or out of service."""
    asks = [f"provision_state={urllib.parse.quote(state)}" for state in screen.REMEDIES
            if state != "enroll" and found["provision_state"].get(state)]
    asks += ["maintenance=true"] if found["maintenance"] else []
    rows: dict[str, tuple[str, str, str | None]] = {}
    for query in asks:
        path = f"/v1/nodes?{query}&limit={SHOWN}&fields=uuid,name,provision_state,maintenance_reason,last_error"
        for node in asking.ask(how, "GET", path)["nodes"]:
            rows[node["uuid"]] = (node["name"] or node["uuid"], node["provision_state"],
                                  node["maintenance_reason"] or node["last_error"])
    if not rows:
        return ""
    return (table.rows(("LOOK AT", "STATE", "BECAUSE"), list(rows.values()), _columns())
            + f"\n(at most {SHOWN} of each state; baremetal-ops why NODE tells what to do)")


def events(asked: argparse.Namespace, how: access.Access) -> int:
    """Tell what happens to anything, while it happens; ends with Ctrl-C."""
    given = {name: value for name in ("kind", "action", "node") if (value := getattr(asked, name))}
    path = "/ops/v1/events" + (f"?{urllib.parse.urlencode(given)}" if given else "")
    lost = False
    for event in stream.follow_path(how, path):
        if not (lost and event.name == stream.LOST):     # that it is still away is no news
            print(_event(asked, event), flush=True)
        lost = event.name == stream.LOST
    return watch.GOOD


def _event(asked: argparse.Namespace, event: stream.Event) -> str:
    if asked.format == "json":
        return json.dumps({"event": event.name, "id": event.ident, "data": event.data}, ensure_ascii=False)
    data = event.data
    if event.name == stream.LOST:
        return f"no connection ({screen.clean(str(data['why']))}); trying again"
    if event.name == stream.BACK:
        return "connected again"
    if event.name == "hello":
        return f"{screen.clock_time(data['at'])}  listening" + ("; some events were missed" if data["missed"] else "")
    facts = data["facts"]
    told = [str(facts[name]) for name in ("state", "provision_state", "power_state", "last_error") if facts.get(name)]
    if data["action"] == "maintenance":
        told.insert(0, "out of service" + (f" ({facts['fault']})" if facts.get("fault") else "")
                    if facts.get("maintenance") else "in service again")
    return screen.clean(f"{screen.clock_time(data['at'])}  {data['kind']} {data['name'] or data['uuid']} "
                        f"{data['action']}" + (f": {', '.join(told)}" if told else ""))


def follow(asked: argparse.Namespace, how: access.Access) -> int:
    """Show what happens to nodes with a bar for how far it is, as baremetal-watch does."""
    asked.json = asked.format == "json"
    return watch.Watch(asked, how, sys.stdout).run()


def complete(asked: argparse.Namespace, _how: access.Access | None) -> int:
    """Print a script that completes these commands in a shell."""
    print(completion.SHELLS[asked.shell](parser()), end="")
    return watch.GOOD


NODE: dict[str, typing.Any] = {"metavar": "NODE", "help": "UUID or name"}
# fmt: off
COMMANDS: dict[str, Command] = {
    "why":        Command(tell_why, "Say why a node is as it is, what it waits for, and what to do.", {"node": NODE}),
    "timeline":   Command(timeline, "Show what was done with a node, step by step.", {
        "node": NODE, "--limit": {"type": int, "default": 3, "help": "flows to show, 1 to 100 (default: 3)"},
        "--milestones": {"action": "store_true", "help": "also what was seen meanwhile"}}),
    "watch":      Command(follow, "Show what happens to nodes, with a bar for how far it is.", {
        "node": {**NODE, "nargs": "+"},
        "--until-done": {"action": "store_true", "help": "end when what runs has ended; the exit status tells how"}}),
    "fleet":      Command(fleet, "Count the nodes by state, power, fault, driver and conductor."),
    "events":     Command(events, "Tell what happens to anything, while it happens.", {
        "--kind": {"help": "only of these kinds, with commas between: node, port …"},
        "--action": {"help": "only these: create, update, delete, provision, power, maintenance, console"},
        "--node": {"help": "only of this node and what belongs to it"}}),
    "completion": Command(complete, "Print a script that completes these commands in a shell.", {
        "shell": {"choices": sorted(completion.SHELLS)}}, shows=False, asks=False),
}
# fmt: on


def parser() -> argparse.ArgumentParser:
    """Return what the command line takes."""
    made = argparse.ArgumentParser(prog="baremetal-ops", description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    _general(made, {}, shows=True)
    below = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        one = below.add_parser(name, help=command.says, description=command.says)
        for word, keywords in command.takes.items():
            one.add_argument(word, **keywords)
        if command.asks:
            # before the command and behind it; what is not said here must not undo what was said there
            _general(one, {"default": argparse.SUPPRESS}, shows=command.shows)
    return made


def _general(made: argparse.ArgumentParser, more: dict[str, typing.Any], *, shows: bool) -> None:
    """Add what any command takes."""
    made.add_argument("--endpoint", metavar="URL", help="where the API is (default: OS_ENDPOINT)", **more)
    made.add_argument("--user", help="who we are there (default: OS_USERNAME); the password is OS_PASSWORD, or asked "
                                     "for", **more)
    if shows:
        made.add_argument("-f", "--format", choices=table.FORMATS, help="default: table",
                          **{"default": table.FORMATS[0], **more})


def main() -> None:
    """Do what the command line names, and end with the status that says how it went."""
    asked = parser().parse_args()
    command = COMMANDS[asked.command]
    interrupt.begin()
    try:
        if not command.asks:
            sys.exit(command.run(asked, access.Access("")))
        how = access.of(os.environ, asked.endpoint, asked.user, getpass.getpass if sys.stdin.isatty() else None)
        sys.exit(command.run(asked, how))
    except access.Wrong as wrong:
        print(f"baremetal-ops: {screen.clean(str(wrong))}", file=sys.stderr)
        sys.exit(watch.WRONG)
    except KeyboardInterrupt:
        sys.exit(watch.INTERRUPTED)
    except BrokenPipeError:
        # who read us has gone; nor shall Python complain of it at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(watch.INTERRUPTED)
    except OSError as error:
        # a full disk, a terminal that is gone; what asks the API makes sentences of its own
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"baremetal-ops: cannot write: {error.strerror or error}", file=sys.stderr)
        sys.exit(watch.WRONG)


if __name__ == "__main__":
    main()
