"""``GET /ops/v1/openapi.json``: the whole API as an OpenAPI 3.1 document, made from what routes, handlers and
resources declare; ``shown.py`` says what of ``/v1`` answers which.
"""

import functools
import importlib.metadata
import re
import typing

from baremetal.api import expose, policy, resource, types, versions
from baremetal.api.ops import answers, schemas, shown
from baremetal.api.ops.answers import Document, Key

PREFIX = "/ops/v1"
#: what begins a path that stands in the document
DESCRIBED = (PREFIX, "/v1")
_IDENT = re.compile(r"{(\w+)}")
#: methods that make and change what their path names
MAKES, CHANGES = "POST", "PATCH"

FAULT = Document({
    "error_message": Key(types.TEXT, "JSON text of an object; its 'faultstring', or else its 'description', says what "
                                     "is wrong and what to do."),
})
#: what guards answer before a request comes to its handler
REFUSAL = {"type": "object", "properties": {"faultcode": {"type": "string"}, "faultstring": {"type": "string"}},
           "required": ["faultstring"]}
UNAUTHORIZED = {"type": "object", "properties": {"error": {"type": "object"}}, "required": ["error"]}
VERSION = {"name": versions.OLDER, "in": "header", "required": False,
           "description": "The microversion of the request; without one it is 1.1.",
           "schema": {"type": "string", "enum": ["latest", versions.text(versions.HIGHEST)]}}


@expose.handler(policy.PUBLIC, without_credentials=True)
def show(call: expose.Call) -> dict[str, typing.Any]:
    """Show this document."""
    return document(call.house.table, call.house.conf.api.public_endpoint or call.request.application_url)


def document(table: typing.Iterable[typing.Any], base: str) -> dict[str, typing.Any]:
    """Return the OpenAPI document of the routes that it describes."""
    return {**_described(tuple(table)), "servers": [{"url": base}]}


@functools.lru_cache(4)
def _described(table: tuple[typing.Any, ...]) -> dict[str, typing.Any]:
    """Return the document but for its address; made once."""
    paths: dict[str, dict[str, typing.Any]] = {}
    for route in table:
        if describes(route):
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    kinds = {kind.__name__: kind for one in shown.ANSWERS.values() if (kind := one.kind) is not None}
    return {
        "openapi": "3.1.0",
        "info": {"title": "baremetal", "version": importlib.metadata.version("baremetal"),
                 "description": "/v1 is the bare-metal API v1 as Ironic made it the convention, microversions "
                                f"{versions.text(versions.LOWEST)} to {versions.text(versions.HIGHEST)}. /ops/v1 is "
                                "what that does not have: timelines, live events, the fleet."},
        "security": [{"basic": []}, {"token": []}, {}],
        "paths": paths,
        "components": {
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"},
                                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
            "schemas": {"Fault": {"anyOf": [answers.schema(FAULT), REFUSAL, UNAUTHORIZED]},
                        **{name: schemas.shown(kind) for name, kind in sorted(kinds.items())}},
        },
    }


def describes(route: typing.Any) -> bool:
    """Return whether the document has this route: those that answer documents, and are no copies of others."""
    if route.path.startswith(PREFIX):
        return expose.declared(route.handler).answer is not None
    return route.path.startswith(DESCRIBED) and (route.method, route.path) in shown.ANSWERS


def _operation(route: typing.Any) -> dict[str, typing.Any]:
    """Return one method of a path."""
    declared = expose.declared(route.handler)
    of_v1 = not route.path.startswith(PREFIX)
    idents = [{"name": name, "in": "path", "required": True, "description": f"UUID or name of a {name}.",
               "schema": {"type": "string", "minLength": 1}} for name in _IDENT.findall(route.path)]
    flat = declared.body == "flat"
    queries = [] if flat else [_query(name, param) for name, param in declared.params.items()]
    words = [segment.strip("{}") for segment in route.path.removeprefix(PREFIX).split("/") if segment]
    since = f" Since {versions.text(route.since)}." if route.since > versions.LOWEST else ""
    return {
        "operationId": "_".join([route.method.lower(), *words]),
        "tags": [words[1] if of_v1 and len(words) > 1 else "operations" if not of_v1 else "versions"],
        "summary": (route.handler.__doc__ or "").strip().partition("\n")[0],
        "description": f"Policy rule: baremetal:{declared.policy}.{since}",
        "parameters": [*idents, *queries, *([VERSION] if of_v1 else [])],
        **_request(route, declared),
        "responses": {**_responses(route, declared),
                      "default": {"description": "What is wrong, and what to do.", "content": {"application/json": {
                          "schema": {"$ref": "#/components/schemas/Fault"}}}}},
        **({"security": []} if declared.open else {}),
    }


def _responses(route: typing.Any, declared: expose.Declared) -> dict[str, typing.Any]:
    """Return what is answered when all is well, by status."""
    if declared.answer is not None:
        found: dict[int, typing.Any] = {200: declared.answer}
    else:
        found = shown.ANSWERS[route.method, route.path].answers()
    return {str(status): {"description": "As asked.", **(
        {} if schema is None else {"content": {declared.media: {"schema": schema}}})}
        for status, schema in found.items()}


def _request(route: typing.Any, declared: expose.Declared) -> dict[str, typing.Any]:
    """Return what is sent, where something is."""
    if declared.body == "none":
        return {}
    answer = shown.ANSWERS.get((route.method, route.path))
    kind = answer.kind if answer is not None else None
    if declared.body == "flat":
        schema = {"type": "object", "additionalProperties": False,
                  "required": [name for name, param in declared.params.items() if param.required],
                  "properties": {name: {**param.kind.schema, "description": param.kind.wanted}
                                 for name, param in declared.params.items()}}
    elif kind is not None and route.method in (MAKES, CHANGES):
        schema = _written(route.method, kind)
    else:
        schema = {}
    example = shown.EXAMPLES.get((route.method, route.path))
    media = {"schema": schema, **({} if example is None else {"example": example})}
    return {"requestBody": {"required": bool(schema.get("required")), "content": {"application/json": media}}}


def _written(method: str, kind: type[resource.Resource]) -> schemas.Schema:
    return schemas.created(kind) if method == MAKES else schemas.patched(kind)


def _query(name: str, param: expose.Param) -> dict[str, typing.Any]:
    schema = dict(param.kind.schema)
    if isinstance(param.default, (str, int, float)):
        schema["default"] = param.default
    since = f" Since {versions.text(param.since)}." if param.since > versions.LOWEST else ""
    return {"name": name, "in": "query", "required": param.required, "description": param.kind.wanted + since,
            "schema": schema}
