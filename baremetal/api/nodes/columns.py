"""From the values of a node's fields to the columns that store them, and for patching back."""

import typing

from baremetal.api.nodes import node
from baremetal.db import models, record

#: what a column holds where its field is given no value
EMPTY: dict[str, typing.Any] = {"conductor_group": "", "maintenance": False, "protected": False, "retired": False,
                                "disable_power_off": False, "console_enabled": False}
#: fields that are stored otherwise than under their name
ELSEWHERE = ("chassis_uuid",)


def of(values: dict[str, typing.Any], known: dict[str, typing.Any] | None = None) -> dict[str, typing.Any]:
    """Return the columns of these field values; ``known`` are present values, whose secrets a mask keeps."""
    columns: dict[str, typing.Any] = {}
    for name, value in values.items():
        if name in record.SECRETIVE:
            before = (known or {}).get(name)
            columns[name], columns[f"{name}_secrets"] = record.split(name, value, before) if value else (None, None)
        elif node.Node.fields()[name].kind.stored == "json":
            columns[name] = record.dump(value) if value else None
        elif name not in ELSEWHERE:
            columns[name] = EMPTY.get(name) if value is None else value
    return columns


def value(name: str, row: dict[str, typing.Any]) -> typing.Any:
    """Return the value of a field as it is stored in ``row``, secrets put back."""
    if name in record.SECRETIVE:
        return record.join(row[name], row[f"{name}_secrets"])
    if node.Node.fields()[name].kind.stored == "json":
        return record.load(row[name])
    return row.get(name)


#: a row of a new node, before its fields are filled in
BLANK: dict[str, typing.Any] = {column.name: EMPTY.get(column.name) for column in models.NODES.c if column.name != "id"}
BLANK["generation"] = 0
