"""From an HTTP request to a handler's arguments, and from its answer to a response.

A handler is a function ``(call, *idents)`` marked with ``@handler``, which declares its policy, its parameters
and its body. Only this file and ``resource.py`` read the microversion of a request.
"""

import collections.abc
import dataclasses
import functools
import json
import typing

import orjson
import webob

from baremetal import context, errors
from baremetal.api import policy, resource, types, versions
from baremetal.db import collection, record
from baremetal.notify import happening

Handle = collections.abc.Callable[..., typing.Any]


@dataclasses.dataclass(frozen=True)
class Param:
    """A query parameter; on flat calls also a key of the body."""

    kind: types.Kind
    since: int = 1
    required: bool = False
    default: typing.Any = None
    #: status of a too old request: 406, or 400 where the convention says so
    late: str = "version"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a handler answers when it is not just 200 with a document."""

    status: int = 200
    document: typing.Any = None
    #: path below the version root, for the Location header
    location: str | None = None
    #: already written body, instead of ``document``
    body: bytes | None = None
    content_type: str = "application/json"
    #: a body that is written while it comes about, instead of ``body``; it is closed when nobody reads it any more
    stream: collections.abc.Iterable[bytes] | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class Declared:
    """What ``@handler`` notes."""

    policy: str
    params: dict[str, Param]
    #: "none": no body is looked at; "flat": its keys are parameters; "document": handed over as it is
    body: str
    #: anybody may call it, without credentials
    open: bool = False
    #: JSON schema of what it answers, where there is one
    answer: dict[str, typing.Any] | None = None
    #: as what the answer comes
    media: str = "application/json"


def handler(rule: str, *, params: dict[str, Param] | None = None, body: str = "none",
            without_credentials: bool = False,
            answer: dict[str, typing.Any] | None = None,
            media: str = "application/json") -> collections.abc.Callable[[Handle], Handle]:
    """Mark a function as the handler of a route."""
    def note(function: Handle) -> Handle:
        function.declared = Declared(  # type: ignore[attr-defined]
            rule, params or {}, body, without_credentials, answer, media)
        return function
    return note


def declared(function: Handle) -> Declared:
    """Return what ``@handler`` noted."""
    noted: Declared = getattr(function, "declared")  # noqa: B009  mypy knows functions without it
    return noted


def _unheard() -> None:
    """Nobody wants to know."""


class Call:
    """One request: what the handler may use. ``house`` is the process's database, RPC client, rings, conf."""

    def __init__(self, request: webob.Request, house: typing.Any, version: int) -> None:
        self.request, self.house, self.version = request, house, version
        self.method: str = request.method
        #: whether the path has microversions; what is below /ops has none
        self.versioned = "baremetal.unversioned" not in request.environ
        self.context: context.Context = request.environ["baremetal.context"]
        self.params: dict[str, typing.Any] = {}
        self.body: typing.Any = None
        #: the parameters that the client really gave
        self.given: frozenset[str] = frozenset()
        #: method and path of the route, and the identifiers in it
        self.route: tuple[str, str] = (request.method, "")
        self.idents: tuple[str, ...] = ()
        #: the same where what looks like a suffix belongs to the last one
        self.idents_in_full: tuple[str, ...] = ()
        #: told when a conductor is asked to do what the request is for: from then on it is announced as begun
        self.accepted: collections.abc.Callable[[], None] = _unheard
        #: the rule that the handler declares, and whether it has been asked about what the request is for
        self.rule, self.judged = policy.PUBLIC, True
        #: what a list is limited to by who asks, whatever is asked for
        self.fence: tuple[collection.Where, ...] = ()
        #: … and the project that this is, where it is one
        self.tenant: str | None = None

    @functools.cached_property
    def base(self) -> str:
        """The base of links, safe to stand inside JSON text."""
        endpoint = self.house.conf.api.public_endpoint or self.request.application_url
        return json.dumps(endpoint.rstrip("/"))[1:-1]

    def readings(self) -> list[str]:
        """Return what the path may name: the first identifier in it, by either reading."""
        return [idents[0] for idents in (self.idents, self.idents_in_full) if idents]

    def may(self, rule: str, target: policy.enforcer.Target = policy.enforcer.NOTHING) -> None:
        """Raise ``Forbidden`` unless the policy allows ``rule``."""
        if not self.house.enforcer.allows(rule, self.context, target):
            raise errors.Forbidden(why=f"User {self.context.user or 'anonymous'} may not do baremetal:{rule}; ask an "
                                       "operator for a role that the policy allows.")

    def tell(self, kind: str, action: str, row: typing.Any, **facts: typing.Any) -> None:
        """Tell who follows events what has happened to an object; ``row`` has its uuid, and what else is known."""
        known = row if isinstance(row, dict) else dict(row._mapping)
        self.house.outbox.tell(happening.Happening(
            kind, action, known["uuid"], self.house.clock.now(), known.get("name"),
            known["uuid"] if kind == "node" else known.get("node_uuid"), known.get("owner"), known.get("lessee"),
            self.context.request_id, self.context.user, facts))

    def rpc(self, host: str, work: str, **args: typing.Any) -> typing.Any:
        """Have a conductor do ``work``."""
        self.accepted()
        return self.house.rpc.call(self.context, host, work, **args)


def arrange(call: Call, declared: Declared) -> None:
    """Check the request's parameters and body against what the handler declares; fill ``call``."""
    document = read_body(call) if declared.body != "none" else None
    given: dict[str, typing.Any] = call.request.GET.mixed() if call.request.query_string else {}
    if declared.body == "flat":
        if not isinstance(document, dict):
            raise errors.BadField(field="body", value=resource.shorten(document),
                                  wanted=f"It must be an object with: {', '.join(declared.params) or 'nothing'}.")
        given = {**given, **document}
    else:
        call.body = document
    unknown = [name for name in given if name not in declared.params]
    if unknown:
        raise errors.UnknownField(field=resource.shorten(", ".join(unknown)),
                                  resource="this call (unexpected arguments)",
                                  known=", ".join(declared.params) or "none")
    for name, value in given.items():
        call.params[name] = _param(name, declared.params[name], value, call.version)
    call.given = frozenset(given)
    for name, param in declared.params.items():
        if name not in given:
            if param.required:
                raise errors.MissingField(field=name, resource="this call", wanted=param.kind.wanted)
            call.params[name] = param.default


def _shown(name: str, value: typing.Any) -> typing.Any:
    """Return a wrong value as the fault may show it: of what may be a secret, only its type."""
    return type(value).__name__ if record.is_secret("instance_info", name) else resource.shorten(value)


def _param(name: str, param: Param, value: typing.Any, version: int) -> typing.Any:
    """Return one checked parameter."""
    if version < param.since and value is not None:
        if param.late == "version":
            raise versions.too_new(f"Parameter {name!r}", param.since, version)
        raise errors.BadField(field=name, value=_shown(name, value),
                              wanted=f"It is known from API version {versions.text(param.since)} on.")
    if value is None:
        if param.required:
            raise errors.BadField(field=name, value=None, wanted=param.kind.wanted)
        return param.default
    if isinstance(value, list) and param.kind.stored != "json":
        raise errors.BadField(field=name, value=_shown(name, value), wanted="It may be given only once.")
    try:
        return types.check(param.kind, value)
    except ValueError as error:
        raise errors.BadField(field=name, value=_shown(name, value), wanted=str(error)) from error


def read_body(call: Call) -> typing.Any:
    """Return the request's JSON document; an empty body is ``{}``."""
    text = call.request.body
    if not text.strip():
        return {}
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _read_odd(text, error)


def _read_odd(text: bytes, error: orjson.JSONDecodeError) -> typing.Any:
    """Return a document that the strict reader refuses; integers beyond 64 bits are JSON too."""
    try:
        document = json.loads(text.decode(), parse_constant=_no_constant)
        # what cannot be written again, such as half a surrogate pair, is no text
        json.dumps(document, ensure_ascii=False).encode()
        return document
    except (ValueError, RecursionError):
        raise errors.Invalid(text=f"The request body is not valid JSON: {error.msg} at line {error.lineno}, "
                                  f"column {error.colno}.") from None


def _no_constant(name: str) -> typing.NoReturn:
    raise ValueError(f"{name} is not JSON")


def either(call: Call, handle: Handle, first: tuple[str, ...], second: tuple[str, ...]) -> typing.Any:
    """Run a handler with the first reading of the path, and with the second one where the first names nothing."""
    try:
        return handle(call, *first)
    except errors.NotFound:
        if len(second) != len(first):
            raise
        return handle(call, *second)


def answer(call: Call, result: typing.Any, response: webob.Response) -> None:
    """Fill the response with what a handler returned."""
    if not isinstance(result, Answer):
        result = Answer(document=result)
    response.status_int = result.status
    response.headers.extend(result.headers)
    if result.location is not None:
        response.headers["Location"] = f"{call.base}/v1/{result.location}"
    if result.stream is not None:
        response.app_iter, response.content_type = result.stream, result.content_type
    elif result.body is not None:
        response.body = result.body
        response.content_type = result.content_type
    elif result.document is not None:
        response.body = resource.render(result.document)
        response.content_type = "application/json"
    else:
        response.body = b""
        response.content_type = None
