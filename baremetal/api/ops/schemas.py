"""Resources as JSON schema: as they are shown, created and patched. Made from their fields, never written twice."""

import typing

from baremetal.api import patch, resource, types, versions
from baremetal.api.ops import answers

Schema = dict[str, typing.Any]

LINK: Schema = {
    "type": "object", "required": ["href", "rel"], "additionalProperties": False,
    "properties": {"href": {"type": "string"}, "rel": {"type": "string"}, "type": {"type": "string"}}}
#: links are lists of links; those of a chassis to its nodes are a list in a list by convention
LINKS: Schema = {"type": "array", "items": {"anyOf": [LINK, {"type": "array", "items": LINK}]}}
#: fields whose kind says nothing, since they are only shown
LINKED = ("links", "ports", "states", "portgroups", "volume", "nodes", "connectors", "targets")
#: kind: a value of it that may be tried
EXAMPLES: tuple[tuple[type[types.Kind], typing.Any], ...] = (
    (types.Uuid, "8b2b1f4e-4f0e-4a53-9d2f-5f1f7f0b8a11"),
    (types.Mac, "52:54:00:12:34:56"),
    (types.Time, "2026-11-21T07:00:00+00:00"),
)
NEXT: Schema = {"type": "string", "format": "uri", "description": "The next page; only while there may be one."}


def shown(kind: type[resource.Resource]) -> Schema:
    """Return what a resource looks like; which of the fields are there, version and ``fields=`` decide."""
    return {"type": "object", "additionalProperties": False, "properties": {
        name: _described(field, _links(name, field) or _nullable(field)) for name, field in kind.fields().items()}}


def page(kind: type[resource.Resource], key: str) -> Schema:
    """Return what a page of a collection looks like."""
    return {"type": "object", "additionalProperties": False, "required": [key],
            "properties": {key: {"type": "array", "items": reference(kind)}, "next": NEXT}}


def created(kind: type[resource.Resource]) -> Schema:
    """Return what may be given to make one."""
    fields = {name: field for name, field in kind.fields().items() if field.create}
    return {"type": "object", "additionalProperties": False,
            "required": [name for name, field in fields.items() if field.required],
            "properties": {name: _described(field, _given(field)) for name, field in fields.items()}}


def patched(kind: type[resource.Resource]) -> Schema:
    """Return what a PATCH body is."""
    fields = [name for name, field in kind.fields().items() if field.patch]
    return {"type": "array", "items": {
        "type": "object", "additionalProperties": False, "required": ["op", "path"],
        "properties": {"op": {"type": "string", "enum": list(patch.OPS)},
                       "path": {"type": "string", "pattern": f"^/({'|'.join(fields)})(/[A-Za-z0-9_-]+)*$"},
                       "value": {"description": "Any JSON value that the field takes."}}}}


def reference(kind: type[resource.Resource]) -> Schema:
    """Return the place of a resource in the document."""
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _links(name: str, field: resource.Field) -> Schema | None:
    return LINKS if name in LINKED and isinstance(field.kind, types.Anything) else None


def _nullable(field: resource.Field) -> Schema:
    """Return the schema of a value as it is shown: null where there is none, but an object is then empty."""
    made = answers.schema(field.kind)
    if not made or field.required or (field.kind.stored == "json" and field.empty is None and field.show is None):
        return made
    return {"anyOf": [made, {"type": "null"}]}


def _given(field: resource.Field) -> Schema:
    """Return the schema of a value as it is given: null is nothing given."""
    made = answers.schema(field.kind)
    return made if not made or field.required else {"anyOf": [made, {"type": "null"}]}


def _described(field: resource.Field, made: Schema) -> Schema:
    """Return the schema with the field's sentence, its first microversion and an example."""
    example = next((value for kind, value in EXAMPLES if isinstance(field.kind, kind)), None)
    since = f" Since {versions.text(field.since)}." if field.since > versions.LOWEST else ""
    return {**made, "description": field.doc + since, **({} if example is None else {"examples": [example]})}
