"""Every entry point of ``setup.cfg`` is installed and loads; what is imported is asked for, no more."""

import ast
import importlib.metadata
import re
import sys

import pytest

from tests.house import sources

#: asked for though nothing of ours imports it, and why
WANTED_ANYWAY: dict[str, str] = {}


def _written() -> set[tuple[str, str, str]]:
    found = set()
    for group in sources.setup()["options.entry_points"]:
        for line in sources.listed("options.entry_points", group):
            name, _, value = (part.strip() for part in line.partition("="))
            found.add((group, name, value))
    return found


@pytest.mark.parametrize(("group", "name", "value"), sorted(_written()))
def test_entry_point_loads(group: str, name: str, value: str) -> None:
    loaded = importlib.metadata.EntryPoint(name, value, group).load()
    assert callable(loaded)


def test_every_entry_point_is_installed() -> None:
    installed = {(point.group, point.name, point.value)
                 for point in importlib.metadata.distribution("baremetal").entry_points}
    assert installed == _written(), "setup.cfg has changed since pip install: ./test installs anew"


def test_every_import_is_asked_for_and_every_request_used() -> None:
    asked = {_plain(line) for line in sources.listed("options", "install_requires")}
    known = importlib.metadata.packages_distributions()
    used = set()
    for source in sources.python("baremetal"):
        for node in ast.walk(source.tree):
            names = ([alias.name for alias in node.names] if isinstance(node, ast.Import)
                     else [node.module or ""] if isinstance(node, ast.ImportFrom) else [])
            used |= {name.split(".")[0] for name in names}
    foreign = used - set(sys.stdlib_module_names) - {"baremetal", ""}
    owners = {name: {_plain(owner) for owner in known.get(name, [name])} for name in foreign}
    extras = {_plain(line) for option in ("mysql", "postgresql")
              for line in sources.listed("options.extras_require", option)}
    assert {name: own for name, own in owners.items() if not own & (asked | extras)} == {}
    assert asked - {owner for own in owners.values() for owner in own} - set(WANTED_ANYWAY) == set()


def _plain(requirement: str) -> str:
    """The name of a distribution as every spelling of it has it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[ ]", requirement)[0]).lower()
