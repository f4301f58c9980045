"""``GET /ops/v1/openapi.json``: the OpenAPI document of ``/ops/v1``, made from what routes and handlers declare."""

import importlib.metadata
import re
import typing

from baremetal.api import expose, policy, types
from baremetal.api.ops import answers
from baremetal.api.ops.answers import Document, Key

PREFIX = "/ops/v1"
_IDENT = re.compile(r"{(\w+)}")

FAULT = Document({
    "error_message": Key(types.TEXT, "JSON text of an object; its 'faultstring', or else its 'description', says what "
                                     "is wrong and what to do."),
})


@expose.handler(policy.PUBLIC, without_credentials=True)
def show(call: expose.Call) -> dict[str, typing.Any]:
    """Show this document."""
    return document(call.house.table, call.house.conf.api.public_endpoint or call.request.application_url)


def document(table: typing.Iterable[typing.Any], base: str) -> dict[str, typing.Any]:
    """Return the OpenAPI document of the routes below ``PREFIX``."""
    paths: dict[str, dict[str, typing.Any]] = {}
    for route in table:
        if route.path.startswith(PREFIX) and expose.declared(route.handler).answer is not None:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "baremetal operations", "version": importlib.metadata.version("baremetal"),
                 "description": "What the Ironic v1 convention does not have: timelines, live events, the fleet."},
        "servers": [{"url": base}],
        "security": [{"basic": []}, {}],
        "paths": paths,
        "components": {
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
            "schemas": {"Fault": answers.schema(FAULT)},
        },
    }


def _operation(route: typing.Any) -> dict[str, typing.Any]:
    """Return one method of a path."""
    declared = expose.declared(route.handler)
    idents = [{"name": name, "in": "path", "required": True, "description": f"UUID or name of a {name}.",
               "schema": {"type": "string"}} for name in _IDENT.findall(route.path)]
    queries = [_query(name, param) for name, param in declared.params.items()]
    words = [segment for segment in route.path.removeprefix(PREFIX).split("/") if segment and "{" not in segment]
    return {
        "operationId": "_".join([route.method.lower(), *words]),
        "summary": (route.handler.__doc__ or "").strip(),
        "description": f"Policy rule: baremetal:{declared.policy}",
        "parameters": [*idents, *queries],
        "responses": {
            "200": {"description": "As asked.", "content": {declared.media: {"schema": declared.answer}}},
            "default": {"description": "What is wrong, and what to do.", "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Fault"}}}},
        },
    }


def _query(name: str, param: expose.Param) -> dict[str, typing.Any]:
    schema = dict(param.kind.schema)
    if param.default is not None:
        schema["default"] = param.default
    return {"name": name, "in": "query", "required": param.required, "description": param.kind.wanted,
            "schema": schema}
