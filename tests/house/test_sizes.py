"""Guard the tail: no file, function, class or list of arguments grows past what a reader can hold."""

import ast
from collections.abc import Iterator

from tests.house import sources

FILE, FUNCTION, METHODS, ARGUMENTS = 600, 80, 20, 7

#: constructors of declarations: their keywords are a vocabulary, never given all at once
DECLARATIONS = {("baremetal/api/resource.py", "Field")}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_files_are_short() -> None:
    long = [f"{source.name}: {len(source.text.splitlines())} lines" for source in _sources()
            if len(source.text.splitlines()) > FILE]
    assert not long, f"more than {FILE} lines; split by noun or verb: {long}"


def test_functions_are_short() -> None:
    long = [f"{where} {node.name}: {_length(node)} lines" for where, node in _functions()
            if _length(node) > FUNCTION]
    assert not long, f"more than {FUNCTION} lines without the docstring: {long}"


def test_classes_have_few_methods() -> None:
    large = []
    for source in _sources():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                methods = [child for child in node.body if isinstance(child, Function)]
                if len(methods) > METHODS:
                    large.append(f"{source.name}:{node.lineno} {node.name}: {len(methods)} methods")
    assert not large, f"more than {METHODS} methods: {large}"


def test_functions_take_few_arguments() -> None:
    declared = [child for source in _sources() for node in source.tree.body
                if isinstance(node, ast.ClassDef) and (source.name, node.name) in DECLARATIONS
                for child in node.body]
    greedy = [f"{where} {node.name}: {_arguments(node)} arguments" for where, node in _functions()
              if _arguments(node) > ARGUMENTS and node not in declared]
    assert not greedy, f"more than {ARGUMENTS} arguments; some of them are a type: {greedy}"


def _sources() -> tuple[sources.Source, ...]:
    return sources.python("baremetal", "tests", "docs", "bench")


def _functions() -> Iterator[tuple[str, Function]]:
    for source in _sources():
        for node in ast.walk(source.tree):
            if isinstance(node, Function):
                yield f"{source.name}:{node.lineno}", node


def _length(node: Function) -> int:
    """Lines from ``def`` to the end, without the docstring."""
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        docstring = node.body[0]
        length -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return length


def _arguments(node: Function) -> int:
    """How many arguments a caller sees."""
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    names += [a.arg for a in (node.args.vararg, node.args.kwarg) if a]
    return len([name for name in names if name not in ("self", "cls")])
