"""service: the steps that an operator asks for on a server that is in use."""

import typing

from baremetal import errors
from baremetal.conductor import lines, plan, runbooks, task, verb


class Service(verb.Verb):
    """active, service hold, service failed → servicing → active."""

    event, name, kind, in_maintenance = "service", "service", "service", False

    def check(self, found: task.Task, params: verb.Params) -> None:
        """Refuse what cannot be serviced."""
        if not params.get("service_steps"):
            raise errors.MissingField(field="service_steps", resource="this request",
                                      wanted="List the steps to run, each with interface and step.")
        verb.validate(found, "power", "network", *verb.ramdisk(found, params))

    def plan(self, found: task.Task, params: verb.Params) -> list[lines.Line]:
        """Run the request's steps in its order."""
        wanted: list[dict[str, typing.Any]] = params["service_steps"]
        ramdisk = not params.get("disable_ramdisk")
        steps = plan.asked(found, "service", wanted, ramdisk=ramdisk)
        if ramdisk:
            steps = [*plan.call(found, "deploy", "prepare_service"), *steps,
                     *plan.call(found, "deploy", "tear_down_service")]
        return plan.made(steps)

    def begin(self, held: task.Task, params: verb.Params) -> None:
        """Note where the steps come from."""
        runbooks.note(held, params)

    def clean_up(self, held: task.Task, *, aborted: bool) -> None:
        """Leave the state that servicing made, so that the tenant's system runs."""
        held.deploy.tear_down_service(held)
