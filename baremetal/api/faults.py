"""From faults to HTTP: the one place that pairs kinds with status codes and knows the error envelope.

The envelope is JSON in JSON, as clients of this API expect: ``{"error_message": "<json>"}``.
"""

import typing

import orjson

from baremetal import errors

#: kind of fault: status code
STATUS = {
    "invalid": 400,
    "refused": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "missing": 404,
    "method": 405,
    "version": 406,
    "unacceptable": 406,
    "conflict": 409,
    "too-large": 413,
    "busy": 503,
    "hardware": 500,
    "internal": 500,
}

#: faults raised before a resource is reached; they have the envelope of routing errors
ROUTING = {"no-such-path": "Not Found", "method-not-allowed": "Method Not Allowed", "bad-version": "Not Acceptable",
           "bad-media-type": "Not Acceptable", "bad-ident": "Bad Request"}
#: faults of the guards around the application, whose body is not wrapped
BARE = {"too-deep", "too-large"}
#: faults about credentials, which have a form of their own
CREDENTIALS = {"unauthorized", "bad-credentials"}


def status(fault: errors.Fault) -> int:
    """Return the status code of a fault."""
    return STATUS[fault.kind]


def body(fault: errors.Fault, *, root: bool = False) -> bytes:
    """Return the body that says what is wrong; ``/`` itself is a resource, where nothing was routed."""
    code = status(fault)
    if fault.code in CREDENTIALS:
        return orjson.dumps({"error": {"message": fault.text, "code": code}})
    if fault.code in ROUTING and not root:
        inner: dict[str, typing.Any] = {"code": code, "title": ROUTING[fault.code], "description": fault.text}
    else:
        inner = {"faultcode": "Client" if code < 500 else "Server", "faultstring": fault.text, "debuginfo": None}
    if fault.code in BARE:
        return orjson.dumps({"faultcode": "Client", "faultstring": fault.text})
    return orjson.dumps({"error_message": orjson.dumps(inner).decode()})


def headers(fault: errors.Fault) -> list[tuple[str, str]]:
    """Return the headers that belong to a fault.

    No Retry-After on 409 and 503 of v1: python-ironicclient tries those again by itself, but with that header its
    exception is a TypeError, so that it neither tries again nor shows what we say.
    """
    extra = []
    if fault.code == "unauthorized":
        extra.append(("WWW-Authenticate", str(fault.facts.get("challenge", 'Basic realm="Baremetal API"'))))
    if "allowed" in fault.facts and fault.kind == "method":
        extra.append(("Allow", str(fault.facts["allowed"])))
    if "retry_after" in fault.facts:
        extra.append(("Retry-After", str(fault.facts["retry_after"])))
    return extra
