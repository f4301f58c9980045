"""Faults of requests: what was asked is wrong, or not there, or not allowed. Knows no HTTP."""

from baremetal.errors import fault


class Invalid(fault.Fault):
    """A request that is wrong in itself; ``text`` names field, value and what would be right."""

    kind, code = "invalid", "invalid"


class BadField(fault.Fault):
    """A field's value is not what the field takes."""

    kind, code = "invalid", "bad-field"
    says = "Field {field!r} cannot be {value!r}. {wanted}"


class UnknownField(fault.Fault):
    """A field that the resource does not have."""

    kind, code = "invalid", "unknown-field"
    says = "Unknown field {field!r} of {resource}; known are: {known}"


class MissingField(fault.Fault):
    """A field that must be given is absent."""

    kind, code = "invalid", "missing-field"
    says = "Field {field!r} of {resource} is required and was not given. {wanted}"


class BadPatch(fault.Fault):
    """A JSON Patch operation cannot be applied."""

    kind, code = "invalid", "bad-patch"
    says = "Patch operation {operation} cannot be applied: {why}"


class NotAcceptable(fault.Fault):
    """Something newer than the API version of the request."""

    kind, code = "version", "not-acceptable"
    says = "{what} needs API version {needs} or newer; the request has {has}. {hint}"


class BadVersion(fault.Fault):
    """The version asked for cannot be served."""

    kind, code = "version", "bad-version"
    says = ("API version {asked} is not served here; served are {lowest} to {highest}. "
            "Ask for a version in that range, or for 'latest'.")


class BadMediaType(fault.Fault):
    """The client wants an answer that is not JSON."""

    kind, code = "unacceptable", "bad-media-type"
    says = "Header Accept is {asked!r}; answers are {served}. Send 'Accept: {served}', or leave it out."


class NotFound(fault.Fault):
    """There is no such thing, or it is not the caller's to see."""

    kind, code = "missing", "not-found"
    says = "{what} {ident} was not found."


class BadIdent(fault.Fault):
    """What stands in the URL for an object can be neither its UUID nor its name."""

    kind, code = "invalid", "bad-ident"
    says = "{ident!r} can be neither the UUID nor the name of a {what}."


class NoSuchPath(fault.Fault):
    """The URL is not one of this API at the request's version."""

    kind, code = "missing", "no-such-path"
    says = "There is nothing at {path}{hint}"


class MethodNotAllowed(fault.Fault):
    """The URL exists; the method does not."""

    kind, code = "method", "method-not-allowed"
    says = "{method} is not allowed at {path}; allowed: {allowed}"


class TooLarge(fault.Fault):
    """The body is larger than the limit of this call."""

    kind, code = "too-large", "too-large"
    says = "The request body has {size} bytes; at most {most} are taken here."


class TooDeep(fault.Fault):
    """The body is nested deeper than the limit."""

    kind, code = "invalid", "too-deep"
    says = "The request body is nested deeper than {most} levels."


class Unauthorized(fault.Fault):
    """No or wrong credentials."""

    kind, code = "unauthorized", "unauthorized"
    says = "{why}"


class BadCredentials(fault.Fault):
    """Credentials of a form that cannot be read."""

    kind, code = "invalid", "bad-credentials"
    says = "{why}"


class Forbidden(fault.Fault):
    """The policy says no."""

    kind, code = "forbidden", "forbidden"
    says = "{why}"


class AlreadyExists(fault.Fault):
    """A unique value is taken."""

    kind, code = "conflict", "already-exists"
    says = "Another {what} with {field} {value} already exists."


class Conflict(fault.Fault):
    """The present state of the object forbids the change; ``text`` says which and what to do."""

    kind, code = "conflict", "conflict"


class DatabaseAway(fault.Fault):
    """The database does not answer, or did not take a write."""

    kind, code, transient = "busy", "database-away", True
    says = ("The database did not answer, or did not take what was to be written ({name}). Try again in a minute; look "
            "first at what was to be changed.")


class IdentityAway(fault.Fault):
    """Keystone does not say who a token belongs to."""

    kind, code, transient = "busy", "identity-away", True
    says = ("Keystone does not say whose token this is ({name}), so nobody can be let in who has one. Try again in a "
            "minute; its address and this service's own account are in [keystone_authtoken].")


class StreamsTaken(fault.Fault):
    """No more live event streams at once. Only ``/ops`` raises it: its clients understand ``Retry-After``."""

    kind, code, transient = "busy", "streams-taken", True
    says = ("This API process serves {most} live event streams already, which is what [api]max_streams allows. Try "
            "again in {retry_after} seconds, end one of them, or read the node's timeline, which is always there.")
