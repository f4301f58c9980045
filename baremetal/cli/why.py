"""Why a node is as it is, in sentences, from its timeline. Pure: a document in, lines out."""

import datetime
import typing

from baremetal import milestones
from baremetal.cli import screen

#: fault: what a person does about a node that is in maintenance for it
FAULTS = {
    "power failure": "It comes back by itself when its controller answers; look at its address, cable and password.",
    "clean failure": "When the cause is gone: baremetal node maintenance unset {node}; baremetal node manage {node}",
    "rescue abort failure": "Its power could not be switched; when it can: baremetal node maintenance unset {node}",
    "service failure": "When the cause is gone: baremetal node maintenance unset {node}; baremetal node service {node}",
}
#: state of a flow: in words
ENDED = {"failed": "has failed", "aborted": "was aborted"}
#: seconds of silence that are worth a word, and those after which somebody should look
QUIET, LONG = 10.0, 30.0
#: milestone that does not come: what that may mean
MISSING = {
    milestones.DEVICE:    "its controller does not take the boot device: its address, cable, privileges",
    milestones.POWER_ON:  "its controller does not confirm the power: address, port, cable, power supply",
    milestones.ADDRESS:   "its DHCP request has not reached us: MAC of its port, cable, boot order (docs/boot.md, No "
                          "address)",
    milestones.LOADER:    "its firmware does not fetch the boot loader: boot mode, TFTP (docs/boot.md, No loader)",
    milestones.SCRIPT:    "its loader does not reach us, or it has booted something else (docs/boot.md, No script)",
    milestones.KERNEL:    "it does not reach our port for files (docs/boot.md, No kernel)",
    milestones.RAMDISK:   "the kernel came, the ramdisk does not: look at its console (docs/boot.md, No kernel)",
    milestones.LOOKUP:    "the ramdisk or its agent does not start, or does not reach us: look at its console "
                          "(docs/boot.md, No call)",
    milestones.HEARTBEAT: "its agent has looked the node up and does not call again: look at its console "
                          "(docs/boot.md, No call)",
    milestones.COMMANDED: "its agent works long, or hangs: look at its console",
    milestones.SENT:      "the network between it and us, or its disk, is stuck",
}
#: step that does not end: what that may mean
STUCK = {
    "verb.verify": "its controller does not answer: address, port, cable, power",
}
#: provision states in which work can be given up
ABORTABLE = frozenset({"inspect wait", "clean wait", "clean hold", "wait call-back", "deploy hold", "rescue wait",
                       "service wait", "service hold"})

Document = dict[str, typing.Any]


def lines(found: Document, now: datetime.datetime) -> list[str]:
    """Return what is to be said of a node."""
    name = found["name"] or found["node"]
    told = [f"{name} is {found['provision_state']!r}, {_power(found['power_state'])}"
            + (f", on its way to {found['target_provision_state']!r}" if found["target_provision_state"] else "") + "."]
    told += _maintenance(found, name, now)
    newest = found["flows"][0] if found["flows"] else None
    if newest is not None and newest["finished_at"] is None:
        return told + _running(found, newest, now)
    if found["held"]:
        told.append(_held(found["held"], now))
    if newest is not None and newest["state"] != "done":
        told.append(f"Its last work, {newest['verb']}, {ENDED.get(newest['state'], 'ended')} at "
                    f"{screen.moment(newest['finished_at'], now)}.")
        told += screen.why(name, {**found, "error": newest["error"]})
    elif found["last_error"]:
        told.append(found["last_error"])
    elif not found["maintenance"]:
        told.append("Nothing is wrong with it, and nothing is being done with it." if newest is None else
                    f"Nothing is wrong with it; its last work, {newest['verb']}, was done at "
                    f"{screen.moment(newest['finished_at'], now)}.")
    return told


def _power(power: str | None) -> str:
    return f"its power is {power.removeprefix('power ')!r}" if power else "its power is not known"


def _maintenance(found: Document, name: str, now: datetime.datetime) -> list[str]:
    if not found["maintenance"]:
        return []
    because = found["maintenance_reason"] or "no reason was given"
    remedy = FAULTS.get(found["fault"] or "", "To take it back into service: baremetal node maintenance unset {node}")
    # an older service does not say when and by whom; none does when that is longer ago than it keeps events
    known = found.get("maintenance_set")
    put = f", set at {screen.moment(known['at'], now)} by {known['user'] or 'somebody'}" if known else ""
    return [f"It is out of service (maintenance{put}): {because}", remedy.format(node=name)]


def _held(held: Document, now: datetime.datetime) -> str:
    return (f"Conductor {held['holder']} holds it for {held['why'] or 'some work'} since "
            f"{screen.moment(held['since'], now)}.")


def _running(found: Document, flow: Document, now: datetime.datetime) -> list[str]:
    """Return what is known of work that goes on: where it stands, what is awaited, how long still."""
    progress, silent = flow["progress"], flow["progress"]["silent_seconds"]
    since, done = screen.seconds(flow["duration_seconds"]), progress["steps_done"]
    # without a sign the percentage is only time that has passed
    percent = f", {progress['percent']:.0f} %" if silent <= QUIET else ""
    told = [(f"It is being worked on: {flow['verb']} since {since}, {done} of {progress['steps_total']} steps "
            f"done{percent}.")]
    if found["held"]:
        told.append(_held(found["held"], now))
    step = next((each for each in flow["steps"] if each["state"] in ("started", "waiting")), None)
    if step is not None:
        again = f", for the {step['attempts']}. time" if step["attempts"] > 1 else ""
        told.append(f"Now: {step['interface']}.{step['step']} ({progress['phase']}){again}.")
    if found["awaited"]:
        until = found["awaited"]["until"]
        told.append(f"It waits for {found['awaited']['what']}, until "
                    f"{screen.moment(until, now) if until else 'that comes'}.")
    expected = [f"Expected next: {progress['expected']}."] if progress["expected"] else []
    quiet = [f"Nothing was seen for {screen.seconds(silent)}."] if silent > QUIET else []
    told += [" ".join([*expected, *quiet])] if expected or quiet else []
    cause = MISSING.get(progress["expected"] or "") or STUCK.get(progress["step"] or "")
    if silent > LONG and cause:
        told.append(f"That may mean: {cause}.")
        told.append(f"To give up: baremetal node abort {found['name'] or found['node']}"
                    if found["provision_state"] in ABORTABLE else "It ends by itself when it takes too long.")
    if (progress["estimate_seconds"] or 0.0) >= 1.0:
        told.append(f"About {screen.about(progress['estimate_seconds'])} are left.")
    return told
