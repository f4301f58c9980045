"""extra-hardware: what the agent's further collector found, from a list of records to an object in plugin_data."""

import typing

from baremetal.inspection import outcome

ITEMS = 4


def run(work: outcome.Work) -> None:
    """Turn plugin_data/data into plugin_data/extra. Data of another form stays, unless they must be right."""
    data = work.plugin_data.get("data")
    if data is None:
        return
    strict = work.conf.inspector.extra_hardware_strict
    if not _well_formed(data, strict=strict):
        if strict:
            del work.plugin_data["data"]
        return
    found: dict[str, typing.Any] = {}
    for item in data:
        if len(item) >= ITEMS and all(isinstance(key, str) for key in item[:3]):
            found.setdefault(item[0], {}).setdefault(item[1], {})[item[2]] = _number(item[3])
    del work.plugin_data["data"]
    work.plugin_data["extra"] = found


def _well_formed(data: typing.Any, *, strict: bool) -> bool:
    return isinstance(data, list) and all(
        isinstance(item, list) and (len(item) == ITEMS or not strict) for item in data)


def _number(value: typing.Any) -> typing.Any:
    """Return digits as the number that they are."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19 else value
