"""Moving a node through its life: every verb comes through here, is checked in one order, and goes to a conductor.

The order decides which fault wins when several are true; it is the convention's (reference, section 2.3).
"""

import typing

from baremetal import errors, states
from baremetal.api import access, expose, shapes, types, versions
from baremetal.api.nodes import find, steps
from baremetal.api.runbooks import run
from baremetal.db import nodes

#: keys of the body; their versions are checked in order, below
PARAMS = {
    "target": expose.Param(types.TEXT, required=True),
    "configdrive": expose.Param(types.ANYTHING),
    "clean_steps": expose.Param(types.List(types.ANYTHING)),
    "deploy_steps": expose.Param(types.List(types.ANYTHING)),
    "service_steps": expose.Param(types.List(types.ANYTHING)),
    "rescue_password": expose.Param(types.ANYTHING),
    "disable_ramdisk": expose.Param(types.FLAG),
    "runbook": expose.Param(types.TEXT),
}
COLUMNS = (*nodes.LEASE, "id", "driver", "conductor_group", "provision_state", "maintenance", "maintenance_reason",
           "protected", "protected_reason", "retired")

#: verbs whose version is asked only after their legality
LATE = frozenset({"unhold", "service"})
#: events refused in maintenance: at once, or after the body was checked
NOT_IN_MAINTENANCE = frozenset({"deploy", "rebuild"})
NOT_IN_MAINTENANCE_EITHER = frozenset({"clean", "rescue", "unrescue", "service"})
#: events refused for protected nodes
NOT_WHEN_PROTECTED = frozenset({"delete", "rebuild"})

#: steps in the body: (verbs that take them, microversion, shape, whether the verb needs them)
# fmt: off
STEPS: dict[str, tuple[tuple[str, ...], int, types.Kind, bool]] = {
    "clean_steps":   (("clean",),             1, shapes.Each(shapes.STEP),        True),
    "deploy_steps":  (("active", "rebuild"), 69, shapes.Each(shapes.DEPLOY_STEP), False),
    "service_steps": (("service",),           1, shapes.Each(shapes.STEP),        True),
}
# fmt: on

#: steps in the body that need a permission of their own
OWN_STEPS = {"clean_steps": "node:set_provision_state:clean_steps",
             "service_steps": "node:set_provision_state:service_steps"}

#: microversions of parts of the body
CONFIGDRIVE_ON_REBUILD, CONFIGDRIVE_OBJECT, CONFIGDRIVE_VENDOR_DATA = 35, 56, 59
DISABLE_RAMDISK = {"clean": 70, "service": 108}
RUNBOOK = 92


@expose.handler("node:set_provision_state", params=PARAMS, body="flat")
def move(call: expose.Call, name: str) -> expose.Answer:
    """Begin a verb."""
    target = call.params["target"]
    found = find.one(call, name, *COLUMNS)
    _require_form(call)
    event, since = states.VERBS.get(target, (target, (1, 1)))
    if target not in LATE:
        _require_version(call, f"Verb {target!r}", since[1])
    for field, rule in OWN_STEPS.items():
        if call.params[field]:
            access.judge(call, rule, find.owned(name, found))
    if event in NOT_IN_MAINTENANCE:
        _require_in_service(found, target)
    _require_legal(call, found, target, event)
    params = _params(call, found, target)
    if target in LATE:
        _require_version(call, f"Verb {target!r}", since[1])
    if event == "abort" and found.provision_state in states.ABORT_SINCE:
        _require_version(call, f"Aborting from {found.provision_state!r}", states.ABORT_SINCE[found.provision_state][1])
    _require_content(call, found, params, target)
    _require_allowed(call, found, target, event)
    call.rpc(find.host(call, found), "provision", node=found.uuid, verb=event, params=params)
    return expose.Answer(202, location=f"nodes/{name}/states")


def _require_version(call: expose.Call, what: str, since: int) -> None:
    if call.version < since:
        raise versions.too_new(what, since, call.version)


def _require_form(call: expose.Call) -> None:
    """Check the types of what may hold secrets; its text must not show the value."""
    if not isinstance(call.params["configdrive"], (dict, str, type(None))):
        raise errors.Invalid(text=f"Field 'configdrive' is a {type(call.params['configdrive']).__name__}. "
                                  f"{shapes.CONFIG_DRIVE.wanted}")
    if not isinstance(call.params["rescue_password"], (str, type(None))):
        raise errors.Invalid(text="Field 'rescue_password' must be a string.")


def _require_in_service(found: nodes.Row, target: str) -> None:
    if found.maintenance:
        raise errors.NodeInMaintenance(node=found.uuid, verb=target, reason=found.maintenance_reason or "none given")


def _require_legal(call: expose.Call, found: nodes.Row, target: str, event: str) -> None:
    """Raise unless the state has a transition for the verb; when somebody holds the node, that is the reason."""
    state = found.provision_state
    if target in states.VERBS and states.after(state, event) is not None:
        return
    locked = nodes.held(dict(found._mapping), call.house.clock.now())
    if locked and states.after(state, event) is None:
        raise locked
    raise errors.VerbRefused(node=found.uuid, state=state, verb=target,
                             allowed=", ".join(states.verbs(state)) or "none, wait until it has got on")


def _params(call: expose.Call, found: nodes.Row, target: str) -> dict[str, typing.Any]:
    """Return what goes with the verb; raises where something is for another verb, or for a newer request."""
    given = {name: value for name, value in call.params.items() if name != "target" and value not in (None, "", [])}
    if "configdrive" in given:
        given["configdrive"] = _configdrive(call, target, given["configdrive"])
    if "runbook" in given:
        _require_version(call, "Field 'runbook'", RUNBOOK)
        given = run.resolve(call, found, target, given)
    elif "disable_ramdisk" in given:
        _require_version(call, "Field 'disable_ramdisk'", min(DISABLE_RAMDISK.values()))
        _require_for(tuple(DISABLE_RAMDISK), "disable_ramdisk", target)
        _require_version(call, f"Field 'disable_ramdisk' with {target!r}", DISABLE_RAMDISK[target])
    for name, (verbs, since, _shape, _needed) in STEPS.items():
        if name in given:
            _require_version(call, f"Field {name!r}", since)
            _require_for(verbs, name, target)
    if call.params["rescue_password"] is not None:
        _require_for(("rescue",), "rescue_password", target)
    return given


def _require_for(verbs: tuple[str, ...], name: str, target: str) -> None:
    if target not in verbs:
        raise errors.Invalid(text=f"Field {name!r} goes only with the target {' or '.join(map(repr, verbs))}, not with "
                                  f"{target!r}; leave it out.")


def _configdrive(call: expose.Call, target: str, drive: typing.Any) -> typing.Any:
    """Return a checked config drive."""
    verbs = ("active", "rebuild") if call.version >= CONFIGDRIVE_ON_REBUILD else ("active",)
    _require_for(verbs, "configdrive", target)
    drive = shapes.check("configdrive", shapes.CONFIG_DRIVE, drive)
    if isinstance(drive, dict):
        since = CONFIGDRIVE_VENDOR_DATA if "vendor_data" in drive else CONFIGDRIVE_OBJECT
        if call.version < since:
            what = "vendor_data in a config drive" if "vendor_data" in drive else "A config drive as an object"
            raise errors.Invalid(text=f"{what} needs API version {versions.text(since)} or newer; the request has "
                                      f"{versions.text(call.version)}.")
    return drive


def _require_content(call: expose.Call, found: nodes.Row, params: dict[str, typing.Any], target: str) -> None:
    """Check steps and password, and that the verb has what it needs."""
    for name, (verbs, _since, shape, needed) in STEPS.items():
        if name in params:
            asked = shapes.check(name, shape, params[name])
            steps.require_allowed(call, name.removesuffix("_steps"), asked)
            params[name] = steps.name_children(call, found, asked)
        elif needed and target in verbs:
            raise errors.MissingField(field=name, resource=f"target {target!r}",
                                      wanted=f"It must not be empty. {shape.wanted}")
    if target == "rescue" and not params.get("rescue_password", "").strip():
        raise errors.MissingField(field="rescue_password", resource="target 'rescue'",
                                  wanted="It must be a string that is not blank.")


def _require_allowed(call: expose.Call, found: nodes.Row, target: str, event: str) -> None:
    """Raise where maintenance, protection or retirement forbid the verb."""
    if event in NOT_WHEN_PROTECTED and found.protected:
        raise errors.NodeProtected(node=found.uuid, verb=target, reason=found.protected_reason or "none given")
    if event in NOT_IN_MAINTENANCE_EITHER or (
            event == "provide" and not call.house.conf.conductor.allow_provisioning_in_maintenance):
        _require_in_service(found, target)
    if event == "provide" and found.retired:
        raise errors.Invalid(text=f"Node {found.uuid} is retired, so it cannot become available. Clear its field "
                                  "'retired' first.")
    if event == "abort" and found.provision_state == states.SERVICEFAIL and found.maintenance:
        raise errors.Conflict(text=f"Node {found.uuid} is in maintenance, so its failed service is not aborted. End "
                                   "the maintenance first.")
