"""How a flow ends: well, or by undoing, cleaning up and saying what was wrong. Runs no step."""

import collections.abc
import functools

from baremetal import errors, states
from baremetal.conductor import calls, defects, draft, journal, lines, task
from baremetal.db import flows

#: state a flow fails into: the fault that takes the node out of service
FAULTS = {states.CLEANFAIL: states.FAULT_CLEAN, states.SERVICEFAIL: states.FAULT_SERVICE,
          states.RESCUEFAIL: states.FAULT_RESCUE}
#: where the failure itself is reason enough; elsewhere only a clean-up that failed is
GRAVE = (states.CLEANFAIL, states.SERVICEFAIL)


def finish(held: task.Task, work: calls.Work) -> None:
    """All steps are done: the last moves, and the lease goes back, in the transaction that ends the last step."""
    for event in work.ends(held):
        held.move(event)
    work.finished(held)
    journal.finish(held, flows.DONE)
    held.draft.freeing = True
    held.save()


def fail(held: task.Task, work: calls.Work, line: lines.Line, text: str) -> None:
    """Undo what can be undone, clean up, say what was wrong and move to the state of failure."""
    flow = _flow(held)
    aborted = flow.abort_after
    if line.error is None:
        journal.fail(held, line, text)
        # before anything is undone: whoever comes after a crash must not take the step for a running one
        held.save()
    trouble = [*_undo(held, flow), *_clean_up(held, work, aborted=aborted)] if held.interfaces else [
        "Nothing was undone or cleaned up"]
    full = ". ".join([text.rstrip("."), *trouble]) + "."
    held.fail_with(full)
    if states.after(held.node.provision_state, "fail") is not None:
        held.move("fail", why=full)
    elif trouble:
        held.note("cleaning up", full, bad=True)
    if aborted and not trouble and held.node.provision_state == states.SERVICEFAIL:
        # cleaned up: the tenant's system runs again
        held.move("abort", why=full)
    fault = FAULTS.get(held.node.provision_state)
    if fault and not held.node.maintenance and (trouble or held.node.provision_state in GRAVE and not aborted):
        held.node.maintenance, held.node.maintenance_reason, held.node.fault = True, full, fault
    journal.finish(held, flows.ABORTED if aborted else flows.FAILED, full)
    held.draft.freeing = True
    held.save()


def _undo(held: task.Task, flow: lines.Flow) -> list[str]:
    """Undo what was begun, last first; return what could not be."""
    trouble = []
    for line in reversed(flow.lines):
        if line.step.undo is None or line.state not in (lines.DONE, lines.FAILED):
            continue
        undo = getattr(held.interfaces[line.step.interface], line.step.undo, None)
        name = calls.name(line)
        failed = f"Step {name} cannot be undone by the interface that the node has now" if undo is None else \
            attempt(held, f"Undoing step {name}", functools.partial(undo, held))
        if failed:
            trouble.append(failed)
            continue
        journal.undone(held, line)
        held.save()
    return trouble


def _clean_up(held: task.Task, work: calls.Work, *, aborted: bool) -> list[str]:
    """Let the verb clean up; return what it could not."""
    failed = attempt(held, "Cleaning up", lambda: work.clean_up(held, aborted=aborted))
    return [failed] if failed else []


def attempt(held: task.Task, what: str, call: collections.abc.Callable[[], object]) -> str | None:
    """Do ``call``; return the sentence about what went wrong."""
    try:
        call()
    except (errors.LeaseLost, draft.Unsaved):
        raise
    except errors.Fault as fault:
        return f"{what} failed: {fault.text.rstrip('.')}"
    except Exception as error:
        return f"{what} broke with {defects.told(held, what, error)}"
    return None


def _flow(held: task.Task) -> lines.Flow:
    assert held.flow is not None
    return held.flow
