"""Milestones have the names of one table: what readers look for is what writers wrote."""

import ast
from collections.abc import Iterator

import pytest

from baremetal import milestones
from tests.house import sources

#: method: which of its arguments is the name
WRITERS = {"milestone": 0, "seen": 1, "seen_mac": 1}
NAMES = {name for name, value in vars(milestones).items() if name.isupper() and isinstance(value, str)}
#: writers that stand in rooms whose methods of that name write no milestone
READERS = ("baremetal/api/", "baremetal/cli/", "baremetal/lab/")


def _names() -> Iterator[tuple[str, ast.expr]]:
    """Give each name of a milestone that is written, with its place."""
    for source in sources.python("baremetal"):
        if source.name.startswith(READERS):
            continue
        for call in ast.walk(source.tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in WRITERS:
                at = WRITERS[call.func.attr]
                if len(call.args) > at:
                    yield f"{source.name}:{call.lineno}", call.args[at]


def test_no_milestone_is_a_text_of_its_own() -> None:
    found = dict(_names())
    assert len(found) > 15
    wrong = [place for place, name in found.items() if isinstance(name, ast.Constant | ast.JoinedStr | ast.BinOp)]
    assert wrong == []


def test_milestones_that_are_written_are_known() -> None:
    written = [(place, name.attr) for place, name in _names() if isinstance(name, ast.Attribute)]
    assert [place for place, name in written if name not in NAMES] == []


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_milestone_has_a_sentence(name: str) -> None:
    assert milestones.TABLE[getattr(milestones, name)].endswith(".")


def test_the_table_has_nothing_else() -> None:
    assert set(milestones.TABLE) == {getattr(milestones, name) for name in NAMES}
    assert set(milestones.BOOT) | set(milestones.POWER.values()) <= set(milestones.TABLE)
