"""What a case is, and how the tables under ``cases/`` are read. This file asks nothing of any endpoint.

A table is a YAML list. One case:

    - name: node-created-with-a-name
      version: "1.10"                  # of the API; "1.115" when absent; null sends no version header
      setup: {node: {state: manageable}, port: {}}
      before: [STEP, ...]              # what must have happened; each STEP is {request, expect, within}
      request: {PATCH: /v1/nodes/$node, body: [{op: replace, path: /name, value: $name}]}
      expect: {status: 200, body: {name: $name}}
      then: [STEP, ...]                # what must be seen afterwards; ``within`` seconds are given to it
      differs: why this house answers otherwise than the reference
      peer_status: 500                 # what the reference answers in that case
      secured: true                    # only where the endpoint asks for a password
      later: vendor methods            # what this house does not have yet; only the reference is asked

Setup makes objects over HTTP: ``node``, ``port``, ``chassis`` (a digit behind the word makes another one).
A node takes its attributes, and ``state`` (enroll, manageable, available, active), ``maintenance`` (the
reason), ``power`` and ``traits``; a port belongs to ``$node`` unless told otherwise.

A ``template``, ``runbook`` and ``rule`` (of inspection) have one step or action unless told otherwise.

Words with a dollar are filled in: ``$node`` is the UUID of that object, ``$node.name`` one of its fields,
``$made`` the UUID of what the request created, ``$uuid`` ``$mac`` ``$name`` ``$trait`` values that nobody else uses,
``$url`` the endpoint. A request carries ``body`` (JSON), ``raw`` (a string), ``deep`` (a body nested so
many levels) or ``large`` (a body of so many bytes), ``headers`` (null takes one away) and ``auth`` (null for no
password, ``wrong`` for a wrong one).

Expected: ``status``; ``says``, words that the fault's text contains, whatever their case; ``names``, words
that this house's text contains beyond the reference's (the field, the value, the remedy); ``keys``, the
exact keys of the answer; ``body``, values by dotted path (a number is an index, ``length`` counts, ``*`` in a
text stands for anything); ``absent``, paths that are not there; ``headers``, likewise with ``*``;
``envelope``, the form of the fault: ``fault`` (when absent), ``abort``, ``auth``, ``bare``, ``text``, ``any``.
"""

import copy
import dataclasses
import fnmatch
import pathlib
import re
import string
from typing import Any

import yaml

FOLDER = pathlib.Path(__file__).parent / "cases"
NEWEST = "1.115"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
OTHERS = ("verbs.yaml", "by_state.yaml")      # tables of another form, read by tests of their own


@dataclasses.dataclass(frozen=True)
class Step:
    """One request and what is expected of its answer."""

    method: str
    path: str
    request: dict[str, Any]
    expect: dict[str, Any]
    version: str | None = NEWEST
    within: float = 0.0


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of a table."""

    name: str
    step: Step
    setup: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    before: tuple[Step, ...] = ()
    then: tuple[Step, ...] = ()
    differs: str = ""
    peer_status: int | None = None
    secured: bool = False
    later: str = ""


class Words(string.Template):
    """A text with ``$name`` and ``$name.field`` in it."""

    idpattern = r"(?a:[a-z][a-z0-9]*(?:\.[a-z_]+)?)"


def _step(row: dict[str, Any], version: str | None) -> Step:
    request = dict(row["request"])
    method = next(m for m in METHODS if m in request)
    return Step(method, request.pop(method), request, row.get("expect", {}),
                row.get("version", version), row.get("within", 0.0))


def _case(group: str, row: dict[str, Any]) -> Case:
    version = row.get("version", NEWEST)
    return Case(
        f"{group}/{row['name']}", _step(row, version), row.get("setup", {}),
        tuple(_step(s, NEWEST) for s in row.get("before", ())),
        tuple(_step(s, NEWEST) for s in row.get("then", ())),
        row.get("differs", ""), row.get("peer_status"), row.get("secured", False),
        row.get("later", ""))


def load(pattern: str = "*", folder: pathlib.Path = FOLDER) -> list[Case]:
    """Every case of every table whose ``table/name`` fits the pattern."""
    tables = [f for f in sorted(folder.glob("*.yaml")) if f.name not in OTHERS]
    cases = [_case(f.stem, row) for f in tables for row in yaml.safe_load(f.read_text())]
    return [c for c in cases if fnmatch.fnmatch(c.name, pattern)]


def fill(value: Any, words: dict[str, Any]) -> Any:
    """The value with every ``$word`` replaced, at any depth."""
    if isinstance(value, str):
        return Words(value).substitute(words)
    if isinstance(value, list):
        return [fill(v, words) for v in value]
    if isinstance(value, dict):
        return {fill(k, words): fill(v, words) for k, v in value.items()}
    return copy.copy(value)


def nested(levels: int) -> dict[str, Any]:
    """A node to create whose body is nested that many levels, counting the body itself."""
    inner: dict[str, Any] = {}
    for _ in range(levels - 2):
        inner = {"a": inner}
    return {"driver": "fake-hardware", "extra": inner}


def at(document: Any, path: str) -> Any:
    """The value at a dotted path; raises LookupError where there is none."""
    for part in path.split("."):
        if part == "length" and not (isinstance(document, dict) and part in document):
            document = len(document)
        elif isinstance(document, list):
            document = document[int(part)]
        elif isinstance(document, dict):
            document = document[part]
        else:
            raise LookupError(path)
    return document


def fits(seen: Any, wanted: Any) -> bool:
    """Whether a value is the wanted one; ``*`` in a wanted text stands for anything."""
    if isinstance(wanted, str) and "*" in wanted and isinstance(seen, str):
        return re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), seen, re.DOTALL) is not None
    return type(seen) is type(wanted) and seen == wanted
