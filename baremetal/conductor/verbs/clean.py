"""clean: the steps that an operator asks for; and what all cleaning shares."""

import typing

from baremetal import errors, states
from baremetal.conductor import limits, lines, plan, runbooks, task, verb


class Cleaning(verb.Verb):
    """What provide, clean and delete share: how cleaning ends, and who cleans up after it."""

    kind = "clean"

    def ends(self, held: task.Task) -> list[str]:
        """Manual cleaning and retired nodes end in manageable."""
        manageable = held.node.retired or held.node.target_provision_state == states.MANAGEABLE
        return ["manage" if manageable else "done"]

    def begin(self, held: task.Task, params: verb.Params) -> None:
        """Note where the steps come from."""
        runbooks.note(held, params)

    def clean_up(self, held: task.Task, *, aborted: bool) -> None:
        """Leave the state that cleaning made."""
        held.deploy.tear_down_cleaning(held)


class Clean(Cleaning):
    """manageable → cleaning → manageable."""

    event, name, in_maintenance = "clean", "clean", False

    def check(self, found: task.Task, params: verb.Params) -> None:
        """Refuse what cannot be cleaned."""
        if not params.get("clean_steps"):
            raise errors.MissingField(field="clean_steps", resource="this request",
                                      wanted="List the steps to run, each with interface and step.")
        verb.validate(found, "power", "network", *verb.ramdisk(found, params))
        limits.check(found, "clean")

    def plan(self, found: task.Task, params: verb.Params) -> list[lines.Line]:
        """Run the request's steps in its order."""
        wanted: list[dict[str, typing.Any]] = params["clean_steps"]
        ramdisk = not params.get("disable_ramdisk")
        return framed(found, plan.asked(found, "clean", wanted, ramdisk=ramdisk), ramdisk=ramdisk)

    def target(self, found: task.Task) -> str | None:
        """Manual cleaning comes back to where it began."""
        return states.MANAGEABLE


def automated(found: task.Task, params: verb.Params, enter: str | None = None) -> list[lines.Line]:
    """Return the plan of a node that is cleaned without being asked; empty where it is not."""
    if not wanted(found):
        return []
    choose(found, params)
    if params["runbook"] is None:
        return framed(found, plan.automatic(found, "clean"), enter, ramdisk=True)
    ramdisk = not params["disable_ramdisk"]
    return framed(found, plan.asked(found, "clean", params["clean_steps"], ramdisk=ramdisk), enter, ramdisk=ramdisk)


def choose(found: task.Task, params: verb.Params) -> None:
    """Read the runbook that is to clean a node, if one is, into ``params``; raises ``Invalid`` where it cannot be.

    Once for a flow: who changes the runbook later changes nothing that runs.
    """
    if "runbook" not in params:
        params.update(runbooks.for_cleaning(found) or {"runbook": None})


def wanted(found: task.Task) -> bool:
    """Return whether a node is cleaned without being asked; one that is being cleaned is, whatever it says by now."""
    if found.agent_steps is not None:
        return True
    own = found.node.automated_clean
    return bool(found.conf.conductor.automated_clean if own is None else own)


def framed(found: task.Task, steps: list[typing.Any], enter: str | None = None, *,
           ramdisk: bool) -> list[lines.Line]:
    """Return ``steps`` between the making and the leaving of what they need.

    Without any, there may be some all the same: those of an agent, which nobody knows yet.
    """
    if ramdisk and (steps or found.deploy.grows):
        steps = [*plan.call(found, "deploy", "prepare_cleaning"), *steps,
                 *plan.call(found, "deploy", "tear_down_cleaning")]
    return plan.made(steps, enter)
