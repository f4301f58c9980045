"""One gate per crossing: the clock, the configuration and the environment are each read in one place."""

import ast
from collections.abc import Iterator

import pytest

from tests.house import sources

#: what: (calls or names that reach past the gate, where they are at home)
# fmt: off
GATES = {
    "the clock is clock.py's":
        ({"time.time", "time.sleep", "time.monotonic", "datetime.datetime.now", "datetime.datetime.utcnow",
          "datetime.date.today", "timeutils.utcnow"},
         ("baremetal/clock.py",)),
    "conf is passed, never a global":
        ({"cfg.CONF"}, ()),
    "the environment is read at the start":
        ({"os.environ", "os.getenv"}, ("baremetal/config/", "baremetal/cmd/", "baremetal/cli/")),
    "only a command prints or ends the process":
        ({"print", "sys.exit", "os._exit"}, ("baremetal/cmd/", "baremetal/cli/")),
}
#: beyond these gates on purpose, and why
EXCUSED = {
    ("baremetal/states.py", "print"): "python -m baremetal.states draws the table",
}
# fmt: on


@pytest.mark.parametrize("gate", GATES)
def test_nobody_goes_round_the_gate(gate: str) -> None:
    names, home = GATES[gate]
    found = [f"{source.name}:{line} {name}" for source in sources.python("baremetal")
             if not source.name.startswith(home or ("-",))
             for line, name in _dotted(source.tree)
             if name in names and (source.name, name) not in EXCUSED]
    assert not found, f"{gate}: {found}"


def test_every_excuse_is_needed() -> None:
    used = {(source.name, name) for source in sources.python("baremetal") for _, name in _dotted(source.tree)}
    assert set(EXCUSED) - used == set()


def test_our_own_modules_are_not_patched() -> None:
    found = [f"{source.name}:{line} {name}" for source in sources.python("tests")
             for line, name in _dotted(source.tree)
             if name in ("mock.patch", "mock.patch.object", "unittest.mock", "monkeypatch.setattr")]
    assert not found, f"pass a transport, a clock, a device: {found}"


def _dotted(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name and dotted name that is read, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
                yield node.lineno, f"{module}{alias.name}"
