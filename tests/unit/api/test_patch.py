"""JSON Patch: what each operation makes of a document, and what is wrong with the others."""

import copy
from typing import Any

import pytest

from baremetal import errors
from baremetal.api import patch
from baremetal.api.nodes import node

BEFORE: dict[str, Any] = {"name": "a", "extra": {"d": {"k": 1}, "l": [1, 2, {"x": 1}], "n": None}, "driver": "ipmi"}


def extra(**changed: Any) -> dict[str, Any]:
    """The field as it was, but for what changed."""
    return {"extra": {**BEFORE["extra"], **changed}}


# fmt: off
MADE = [
    ([("replace", "/name", "b")],                             {"name": "b"}),
    ([("remove", "/name")],                                   {"name": None}),
    ([("add", "/extra/new", {"a": 1})],                       extra(new={"a": 1})),
    ([("replace", "/extra/d/k", 2)],                          extra(d={"k": 2})),
    ([("remove", "/extra/d/k")],                              extra(d={})),
    ([("remove", "/extra/n")],                                {"extra": {"d": {"k": 1}, "l": [1, 2, {"x": 1}]}}),
    ([("add", "/extra/l/-", 3)],                              extra(l=[1, 2, {"x": 1}, 3])),
    ([("add", "/extra/l/3", 3)],                              extra(l=[1, 2, {"x": 1}, 3])),
    ([("add", "/extra/l/0", 0)],                              extra(l=[0, 1, 2, {"x": 1}])),
    ([("replace", "/extra/l/0", 9)],                          extra(l=[9, 2, {"x": 1}])),
    ([("remove", "/extra/l/2/x")],                            extra(l=[1, 2, {}])),
    ([("add", "/extra/a~1b", 1), ("add", "/extra/c~0d", 2)],  extra(**{"a/b": 1, "c~d": 2})),
    ([("replace", "/extra", {}), ("add", "/extra/a", 1)],     {"extra": {"a": 1}}),
    ([],                                                      {}),
]

WRONG = [
    ("/extra/l/7",       "replace", "list of 3"),
    ("/extra/l/01",      "replace", "'01'"),
    ("/extra/l/-",       "remove",  "'-'"),
    ("/extra/none/k",    "add",     "'none'"),
    ("/extra/none",      "replace", "'none'"),
    ("/extra/none",      "remove",  "'none'"),
    ("/extra/d/k/deep",  "add",     "/extra/d/k"),
    ("/name/k",          "add",     "/name"),
    ("/extra/n/k",       "add",     "/extra/n"),
]
# fmt: on


def read(*operations: tuple[Any, ...], version: int = 115) -> list[patch.Operation]:
    body = [dict(zip(("op", "path", "value"), operation, strict=False)) for operation in operations]
    return patch.read(node.Node, body, version)


@pytest.mark.parametrize(("operations", "after"), MADE)
def test_makes(operations: list[tuple[Any, ...]], after: dict[str, Any]) -> None:
    assert patch.apply(node.Node, read(*operations), copy.deepcopy(BEFORE)) == after


@pytest.mark.parametrize(("path", "op", "named"), WRONG)
def test_names_operation_and_place(path: str, op: str, named: str) -> None:
    with pytest.raises(errors.BadPatch) as raised:
        patch.apply(node.Node, read((op, path, 1)), copy.deepcopy(BEFORE))
    assert f"1 ({op} {path})" in raised.value.text
    assert named in raised.value.text


def test_values_are_copied() -> None:
    """The operations are applied anew when somebody else wrote meanwhile; the first time must leave no trace."""
    operations = read(("replace", "/extra", {"l": []}), ("add", "/extra/l/-", 1))
    assert [patch.apply(node.Node, operations, copy.deepcopy(BEFORE)) for _ in range(2)] == [{"extra": {"l": [1]}}] * 2


def test_what_is_required_is_not_removed() -> None:
    with pytest.raises(errors.MissingField, match="driver"):
        patch.apply(node.Node, read(("remove", "/driver")), copy.deepcopy(BEFORE))


@pytest.mark.parametrize("path", ["/extra/a~1b", "/extra/a~0b", "/ext~1ra"])
def test_escapes_came_late(path: str) -> None:
    with pytest.raises(errors.BadPatch, match="path"):
        read(("add", path, 1), version=97)


def test_a_value_of_the_wrong_type_is_not_repeated() -> None:
    with pytest.raises(errors.BadField) as raised:
        patch.apply(node.Node, read(("replace", "/driver_info", "hush")), {"driver_info": {}})
    assert "driver_info" in raised.value.text
    assert "hush" not in raised.value.text
