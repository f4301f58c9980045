"""Faults: what can be wrong, stated as facts.

A fault knows nothing of HTTP or RPC: ``api/faults.py`` pairs kinds with status codes, ``rpc/`` carries
code and facts. A new class exists only where a program would act on it differently.
"""

import typing

KINDS = {
    "invalid": "The request itself is wrong; the same request can never succeed.",
    "refused": "The request is well formed, but the present state of things forbids it for good or for now.",
    "forbidden": "The caller may not do this.",
    "unauthorized": "The caller did not say who it is, or the password is wrong.",
    "missing": "What the request names does not exist, or is not visible to the caller.",
    "conflict": "Somebody or something else holds it, or it exists already.",
    "version": "The request needs another API version.",
    "method": "The path exists, the method does not.",
    "unacceptable": "The client does not take an answer in any form that is spoken here.",
    "too-large": "The body is larger than allowed.",
    "busy": "There is no room to do it now; trying again later may succeed.",
    "hardware": "The machine or its controller did not do as told.",
    "internal": "A defect of this program.",
}


class Fault(Exception):
    """What is true and should not be; ``facts`` fill the placeholders of ``says``."""

    kind: typing.ClassVar[str] = "internal"
    code: typing.ClassVar[str] = "fault"
    says: typing.ClassVar[str] = "{text}"
    #: whether the same call may succeed when simply tried again
    transient: typing.ClassVar[bool] = False

    def __init__(self, **facts: typing.Any) -> None:
        self.facts = facts
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """The sentence for a person; never holds a traceback."""
        try:
            return self.says.format(**self.facts)
        except (KeyError, IndexError):
            return f"{self.says} {self.facts}"

    def __str__(self) -> str:
        return self.text


# --- requests -----------------------------------------------------------------------------------

class Invalid(Fault):
    """A request that is wrong in itself; ``text`` names field, value and what would be right."""

    kind, code = "invalid", "invalid"


class BadField(Fault):
    """A field's value is not what the field takes."""

    kind, code = "invalid", "bad-field"
    says = "Field {field!r} cannot be {value!r}. {wanted}"


class UnknownField(Fault):
    """A field that the resource does not have."""

    kind, code = "invalid", "unknown-field"
    says = "Unknown field {field!r} of {resource}; known are: {known}"


class MissingField(Fault):
    """A field that must be given is absent."""

    kind, code = "invalid", "missing-field"
    says = "Field {field!r} of {resource} is required and was not given. {wanted}"


class BadPatch(Fault):
    """A JSON Patch operation cannot be applied."""

    kind, code = "invalid", "bad-patch"
    says = "Patch operation {operation} cannot be applied: {why}"


class NotAcceptable(Fault):
    """Something newer than the API version of the request."""

    kind, code = "version", "not-acceptable"
    says = "{what} needs API version {needs} or newer; the request has {has}. {hint}"


class BadVersion(Fault):
    """The version asked for cannot be served."""

    kind, code = "version", "bad-version"
    says = ("API version {asked} is not served here; served are {lowest} to {highest}. "
            "Ask for a version in that range, or for 'latest'.")


class BadMediaType(Fault):
    """The client wants an answer that is not JSON."""

    kind, code = "unacceptable", "bad-media-type"
    says = "Header Accept is {asked!r}; answers are {served}. Send 'Accept: {served}', or leave it out."


class NotFound(Fault):
    """There is no such thing, or it is not the caller's to see."""

    kind, code = "missing", "not-found"
    says = "{what} {ident} was not found."


class BadIdent(Fault):
    """What stands in the URL for an object can be neither its UUID nor its name."""

    kind, code = "invalid", "bad-ident"
    says = "{ident!r} can be neither the UUID nor the name of a {what}."


class NoSuchPath(Fault):
    """The URL is not one of this API at the request's version."""

    kind, code = "missing", "no-such-path"
    says = "There is nothing at {path}{hint}"


class MethodNotAllowed(Fault):
    """The URL exists; the method does not."""

    kind, code = "method", "method-not-allowed"
    says = "{method} is not allowed at {path}; allowed: {allowed}"


class TooLarge(Fault):
    """The body is larger than the limit of this call."""

    kind, code = "too-large", "too-large"
    says = "The request body has {size} bytes; at most {most} are taken here."


class TooDeep(Fault):
    """The body is nested deeper than the limit."""

    kind, code = "invalid", "too-deep"
    says = "The request body is nested deeper than {most} levels."


class Unauthorized(Fault):
    """No or wrong credentials."""

    kind, code = "unauthorized", "unauthorized"
    says = "{why}"


class BadCredentials(Fault):
    """Credentials of a form that cannot be read."""

    kind, code = "invalid", "bad-credentials"
    says = "{why}"


class Forbidden(Fault):
    """The policy says no."""

    kind, code = "forbidden", "forbidden"
    says = "{why}"


class AlreadyExists(Fault):
    """A unique value is taken."""

    kind, code = "conflict", "already-exists"
    says = "A {what} with {field} {value} already exists."


class Conflict(Fault):
    """The present state of the object forbids the change; ``text`` says which and what to do."""

    kind, code = "conflict", "conflict"


class DatabaseAway(Fault):
    """The database does not answer, or did not take a write."""

    kind, code, transient = "busy", "database-away", True
    says = ("The database did not answer, or did not take what was to be written ({name}). Try again in a minute; look "
            "first at what was to be changed.")


# --- nodes --------------------------------------------------------------------------------------

class NodeLocked(Fault):
    """Somebody holds the node."""

    kind, code, transient = "conflict", "node-locked", True
    says = ("Node {node} is locked by host {holder} for {why} since {since}. "
            "Wait until that has ended, then try again.")


class NodeAssociated(Fault):
    """The node carries an instance."""

    kind, code = "conflict", "node-associated"
    says = "Node {node} is associated with instance {instance}; remove its instance_uuid first."


class InstanceTaken(Fault):
    """Another node carries this instance."""

    kind, code = "conflict", "instance-taken"
    says = "Instance {instance} has a node already, so node {node} cannot take it."


class NodeProtected(Fault):
    """The node is protected."""

    kind, code = "forbidden", "node-protected"
    says = "Node {node} is protected, {verb} is not allowed until its field 'protected' is cleared. Reason: {reason}"


class NodeInMaintenance(Fault):
    """The verb is not for nodes in maintenance."""

    kind, code = "invalid", "node-in-maintenance"
    says = ("Node {node} is in maintenance (reason: {reason}), so {verb} is refused. "
            "End the maintenance first.")


class VerbRefused(Fault):
    """The verb is not legal in the node's state."""

    kind, code = "invalid", "verb-refused"
    says = ("Node {node} is in provision state {state!r}, where {verb!r} is not possible. "
            "Possible now: {allowed}.")


class MoveRefused(Fault):
    """No transition for this event from this state."""

    kind, code = "refused", "move-refused"
    says = "Node {node} cannot take event {event!r} in provision state {state!r}"


class LeaseLost(Fault):
    """The worker was fenced off: its lease ran out or another one took the node."""

    kind, code = "conflict", "lease-lost"
    says = "The lease on node {node} for {why} is no longer ours; nothing was written."


class StepFailed(Fault):
    """A step of a flow did not do what it promised."""

    kind, code = "hardware", "step-failed"
    says = "Step {interface}.{step} failed: {why}"


class DeadlinePassed(Fault):
    """What was waited for did not come in time."""

    kind, code = "hardware", "deadline-passed"
    says = "Timeout: {what} was awaited for {seconds} s and did not come. {hint}"


# --- conductors and drivers ---------------------------------------------------------------------

class NoConductor(Fault):
    """No live conductor serves this hardware type and group."""

    kind, code = "missing", "no-conductor"
    says = ("No live conductor of conductor group {group!r} serves driver {driver!r}. "
            "Served now: {known}. Start a conductor that has it enabled.")


class ConductorSilent(Fault):
    """The conductor did not answer in time."""

    kind, code, transient = "busy", "conductor-silent", True
    says = ("Conductor {host} did not answer {method} within {seconds} s; it may be down, or may do it all the same. "
            "Look at the node before you try again.")


class ConductorUnreached(Fault):
    """The conductor could not even be asked."""

    kind, code, transient = "busy", "conductor-unreached", True
    says = ("Conductor {host} could not be asked for {method}: the message bus does not answer, or the conductor does "
            "not listen. Nothing should have been started; look at the node before you try again.")


class TooManyCalls(Fault):
    """So many requests wait for conductors that another one would keep others from being served."""

    kind, code, transient = "busy", "too-many-calls", True
    says = ("{there} requests wait for conductor {host} already, so it was not asked for {method}. Nothing was "
            "started. Try again in a minute.")


class NoFreeWorker(Fault):
    """The conductor's worker pool is full."""

    kind, code, transient = "busy", "no-free-worker", True
    says = "All {size} workers of conductor {host} are busy; nothing was started. Try again in a minute."


class LimitReached(Fault):
    """As many nodes as allowed do the same already."""

    kind, code, transient = "busy", "limit-reached", True
    says = ("{there} nodes are at {what} already, and [conductor]{option} allows {most} at once; nothing was started. "
            "Try again when some have ended.")


class DriverUnknown(Fault):
    """A hardware type that is not enabled anywhere."""

    kind, code = "invalid", "driver-unknown"
    says = "Hardware type {driver!r} is not enabled on any live conductor; enabled are: {known}."


class InterfaceUnknown(Fault):
    """An interface implementation that the hardware type cannot use."""

    kind, code = "invalid", "interface-unknown"
    says = ("Field '{kind_of}_interface' cannot be {name!r} with driver {driver!r}; "
            "enabled and supported are: {known}.")


class InterfaceUndecided(Fault):
    """No enabled implementation can serve as default."""

    kind, code = "invalid", "interface-undecided"
    says = ("No {kind_of} interface is enabled that hardware type {driver} supports; "
            "set [DEFAULT]enabled_{kind_of}_interfaces to one of: {known}.")


class Unsupported(Fault):
    """The driver cannot do this at all."""

    kind, code = "invalid", "unsupported"
    says = "Driver {driver} does not support {what} (disabled or not implemented)."


class DriverInfoMissing(Fault):
    """Keys that the interface needs are absent from driver_info."""

    kind, code = "invalid", "driver-info-missing"
    says = "driver_info lacks {keys}, which the {interface} interface needs. {wanted}"


class DriverInfoWrong(Fault):
    """A driver_info value that cannot be used."""

    kind, code = "invalid", "driver-info-wrong"
    says = "driver_info/{key} is {value!r}. {wanted}"


class PowerFailed(Fault):
    """The machine did not reach the power state asked for."""

    kind, code = "hardware", "power-failed"
    says = "The power did not become {target}: {why}"


# --- BMCs (clients/ipmi) ------------------------------------------------------------------------

class BmcFault(Fault):
    """Something between us and a BMC; ``host``, ``port``, ``operation`` and ``why`` are always known."""

    kind, code = "hardware", "bmc"
    says = "BMC {host}:{port} failed at {operation}: {why}"


class BmcUnreachable(BmcFault):
    """Nothing answers at the address."""

    code, transient = "bmc-unreachable", True
    says = ("BMC {host}:{port} does not answer ({operation}: {why}). Check its address, that its network reaches "
            "this conductor, and that IPMI over LAN is switched on.")


class BmcRefused(BmcFault):
    """The BMC refuses user, password or privilege."""

    code = "bmc-refused"
    says = ("BMC {host}:{port} refused the credentials of user {username!r} ({operation}: {why}). "
            "Check ipmi_username, ipmi_password and ipmi_priv_level in driver_info.")


class BmcTimeout(BmcFault):
    """The BMC answered before, but not this time."""

    code, transient = "bmc-timeout", True
    says = ("BMC {host}:{port} did not finish {operation} in time ({why}). One that is only slow needs a larger "
            "[ipmi]command_retry_timeout.")


class BmcBusy(BmcFault):
    """The BMC says that it is busy."""

    code, transient = "bmc-busy", True
    says = "BMC {host}:{port} is busy and did not do {operation} ({why}). Try again; if it stays so, restart the BMC."


class BmcUnsupported(BmcFault):
    """The BMC does not know this command."""

    code = "bmc-unsupported"
    says = "BMC {host}:{port} does not support {operation} ({why})."


class BmcGarbage(BmcFault):
    """The BMC answered something that is no answer."""

    code, transient = "bmc-garbage", True
    says = ("BMC {host}:{port} gave an answer to {operation} that makes no sense ({why}). Check that it is a BMC; "
            "restart it, or renew its firmware.")


class BmcResting(BmcFault):
    """The circuit breaker is open: the BMC failed several times and is left alone for a while."""

    code, transient = "bmc-resting", True
    says = ("BMC {host}:{port} failed {failures} times since {since} and is left alone until {until}; "
            "{operation} was not sent. The last time: {why}")


class Internal(Fault):
    """A defect of this program; the log has the traceback under the request id."""

    kind, code = "internal", "internal"
    says = "Internal error ({name}) in {where}; the log of {host} has the details under request id {request_id}."


def every(root: type[Fault] = Fault) -> list[type[Fault]]:
    """Return ``root`` and all fault classes below it that are loaded now."""
    found = [root]
    for child in root.__subclasses__():
        found.extend(every(child))
    return found


def to_wire(fault: Fault) -> dict[str, typing.Any]:
    """Return a fault as plain JSON: ``{"code", "facts"}``."""
    return {"code": fault.code, "facts": {k: _plain(v) for k, v in fault.facts.items()},
            "kind": fault.kind, "says": fault.says}


def from_wire(wire: dict[str, typing.Any]) -> Fault:
    """Rebuild a fault from ``to_wire``; one unknown here keeps its code, kind and text."""
    for known in every():
        if known.code == wire["code"]:
            return known(**wire["facts"])
    foreign = type("ForeignFault", (Fault,), {"code": wire["code"], "kind": wire["kind"], "says": wire["says"]})
    return typing.cast(Fault, foreign(**wire["facts"]))


def _plain(value: typing.Any) -> typing.Any:
    """Return ``value`` as JSON can carry it."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return str(value)
