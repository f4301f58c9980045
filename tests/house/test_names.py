"""Names that tell: no drawers for odds and ends, a sentence at each head, calls that name their room.

Boolean positional arguments are ruff's to find (FBT, in ``ruff.toml``).
"""

import ast
from pathlib import Path

from tests.house import sources

DRAWERS = {"common", "util", "utils", "helper", "helpers", "base", "misc", "tools"}

#: names that may be imported bare, because they read as words of a declaration
# fmt: off
WORDS = {
    "baremetal.steps":        {"step", "Done", "Wait"},
    "baremetal.api.resource": {"Field", "Resource"},
    "baremetal.api.ops.answers": {"Document", "Key"},
}
# fmt: on


def test_no_room_is_a_drawer() -> None:
    drawers = [source.name for source in sources.python("baremetal", "tests")
               if DRAWERS & {source.path.stem, source.path.parent.name}]
    assert not drawers, f"name the thing, and it finds its room: {drawers}"


def test_no_name_is_numbered() -> None:
    names = [source.name for source in sources.python("baremetal")]
    numbered = [name for name in names if name.endswith(("_2.py", "_3.py"))]
    assert not numbered, f"split by noun or verb: {numbered}"


def test_every_module_says_what_it_is() -> None:
    spoken = [source for source in sources.python("baremetal", "tests")
              if source.tree.body or source.name.startswith("baremetal/")]
    silent = [source.name for source in spoken if not (ast.get_docstring(source.tree) or "").strip()]
    assert not silent, f"no docstring at the head: {silent}"


def test_every_public_name_of_the_product_has_a_docstring() -> None:
    silent = []
    for source in sources.python("baremetal"):
        for node in source.tree.body:
            if (isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
                    and not ast.get_docstring(node)):
                silent.append(f"{source.name}:{node.lineno} {node.name}")
    assert not silent, f"a sentence is owed: {silent}"


def test_own_modules_are_not_renamed_on_import() -> None:
    renamed = []
    for source in sources.python("baremetal"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
                renamed += [f"{source.name}:{node.lineno} as {alias.asname}" for alias in node.names
                            if alias.asname and f"{module}.{alias.name}".lstrip(".").startswith("baremetal")]
    assert not renamed, f"the call names its room: {renamed}"


def test_modules_are_imported_not_names() -> None:
    bare = []
    for source in sources.python("baremetal"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "baremetal":
                module = node.module or ""
                bare += [f"{source.name}:{node.lineno} {module}.{alias.name}" for alias in node.names
                         if not _is_module(module, alias.name) and alias.name not in WORDS.get(module, ())
                         and not _is_front(source, module)]
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{source.name}: relative import"
    assert not bare, f"import the module and call through it: {bare}"


def _is_front(source: sources.Source, module: str) -> bool:
    """Whether a package's ``__init__`` shows a name of its own inside to the outside."""
    own = source.name.removesuffix("/__init__.py").replace("/", ".")
    return source.path.name == "__init__.py" and module.startswith(own + ".")


def _is_module(package: str, name: str) -> bool:
    folder = Path(sources.ROOT, *package.split("."))
    return (folder / f"{name}.py").exists() or (folder / name).is_dir()
