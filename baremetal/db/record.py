"""A node as workers see it: JSON columns as dicts, secrets put back. And the other way: secrets split off.

The API never builds these for reading; it passes the stored text through.
"""

import collections.abc
import functools
import hashlib
import json
import re
import typing

import orjson
import sqlalchemy as sa

from baremetal.db import models, texts

MASK = texts.MASK
#: dict columns that have a secret twin
SECRETIVE = ("driver_info", "instance_info", "driver_internal_info")
#: dict columns of a node
DICTS = (*SECRETIVE, "properties", "extra", "network_data", "clean_step", "deploy_step", "service_step",
         "raid_config", "target_raid_config")
#: keys whose value is a secret wherever they stand
_SECRET_KEY = re.compile(r"pass$|pass(word|wd|phrase)|pswd|secret|token|private_key|auth_key|priv_key|encrypted_key"
                         r"|kg_key|sslkey|fernetkey", re.IGNORECASE)
#: keys of settings as steps have them, such as those of the BIOS: the value of one whose name is a secret's is one
NAME, VALUE = "name", "value"
#: further keys of one column
_ALSO = {"instance_info": {"configdrive", "image_url"}}
#: characters of a key whose judgement is remembered
_SHORT = 64
#: values of columns, by column and digest, in which no secret was found; how many are remembered
_HARMLESS: set[tuple[str, bytes]] = set()
_REMEMBERED = 8192
#: where a value stands: what was there, and under which key of what its secrets go
Place = tuple[typing.Any, dict[str, typing.Any], str]
_NAMES = tuple(column.name for column in models.NODES.c)


def is_secret(column: str, key: str) -> bool:
    """Return whether ``key`` of dict ``column`` names a secret."""
    judge = _secret_by_itself if len(key) <= _SHORT else _secret_by_itself.__wrapped__
    return judge(key) or key in _ALSO.get(column, ())


@functools.lru_cache(2048)
def _secret_by_itself(key: str) -> bool:
    """Return whether ``key`` is secret wherever it stands; the same few are judged with each node."""
    return bool(_SECRET_KEY.search(key))


def split(column: str, value: dict[str, typing.Any],
          known: dict[str, typing.Any] | None = None) -> tuple[str, str | None]:
    """Return ``(what may be shown, secrets)`` as JSON texts.

    A secret that comes as the mask keeps its ``known`` value: clients send back what they were shown.
    """
    hidden: dict[str, typing.Any] = {}
    shown = _hide(column, value, known or {}, hidden, _hide_known)
    return dump(shown), dump(hidden) if hidden else None


def mask(value: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return ``value`` with its secrets masked, for what is shown and never read back."""
    return _hide("", value, None, {})


def _hide(column: str, value: dict[str, typing.Any], known: typing.Any, hidden: dict[str, typing.Any],
          below: collections.abc.Callable[[str, typing.Any, Place], typing.Any] | None = None
          ) -> dict[str, typing.Any]:
    """Return ``value`` masked; fill ``hidden`` with what was masked, in the same shape."""
    below = below or _hide_below
    shown: dict[str, typing.Any] = {}
    known = known if isinstance(known, dict) else {}
    name = value.get(NAME)
    named = isinstance(name, str) and VALUE in value and is_secret(column, name)
    for key, item in value.items():
        if (is_secret(column, key) or (named and key == VALUE)) and item not in (None, "", [], {}):
            shown[key] = MASK
            secret = known.get(key) if item == MASK else item
            if secret is not None:
                hidden[key] = secret
        else:
            shown[key] = below(column, item, (known.get(key), hidden, key))
    return shown


def _hide_known(column: str, item: typing.Any, at: Place) -> typing.Any:
    """Do the same for a value of a column, but look only once through what holds no secret.

    What agents tell of their steps is large, is the same on all nodes, and stands beside what changes with each beat.
    """
    if not item or not isinstance(item, (dict, list)):
        return _hide_below(column, item, at)
    text = dump(item)
    if MASK in text:
        # what it hides depends on what was known
        return _hide_below(column, item, at)
    mark = column, hashlib.sha256(text.encode()).digest()
    if mark in _HARMLESS:
        return item
    shown = _hide_below(column, item, at)
    if at[2] not in at[1]:
        if len(_HARMLESS) >= _REMEMBERED:
            _HARMLESS.clear()
        _HARMLESS.add(mark)
    return shown


def _hide_below(column: str, item: typing.Any, at: Place) -> typing.Any:
    """Do the same for any value; the secrets of a list's items stand under their numbers."""
    known, hidden, key = at
    if isinstance(item, str):
        return _hide_within(item, at)
    below: dict[str, typing.Any] = {}
    if isinstance(item, dict):
        item = _hide(column, item, known, below)
    elif isinstance(item, list):
        known = known if isinstance(known, list) else []
        item = [_hide_below(column, one, (known[number] if number < len(known) else None, below, str(number)))
                for number, one in enumerate(item)]
    if below:
        hidden[key] = below
    return item


def _hide_within(text: str, at: Place) -> str:
    """Return a text without the secrets in it; the whole text is the secret then."""
    known, hidden, key = at
    shown = texts.mask(text)
    if MASK in shown:
        kept = isinstance(known, str) and text == texts.mask(known)
        if kept or shown != text:
            hidden[key] = known if kept else text
    return shown


def join(shown: str | None, hidden: str | None) -> dict[str, typing.Any]:
    """Return a dict column with its secrets put back."""
    value = load(shown)
    return _merge(value, load(hidden)) if hidden else value


def _merge(shown: dict[str, typing.Any], hidden: dict[str, typing.Any]) -> dict[str, typing.Any]:
    for key, secret in hidden.items():
        if isinstance(secret, dict) and isinstance(shown.get(key), (dict, list)):
            _merge_below(shown[key], secret)
        elif key in shown:
            shown[key] = secret
    return shown


def _merge_below(shown: typing.Any, hidden: dict[str, typing.Any]) -> None:
    """Put secrets back into a dict, or into the items of a list by their numbers."""
    if isinstance(shown, dict):
        _merge(shown, hidden)
    elif isinstance(shown, list):
        for number, below in hidden.items():
            if int(number) < len(shown) and isinstance(below, str):
                shown[int(number)] = below
            elif int(number) < len(shown):
                _merge_below(shown[int(number)], below)


def dump(value: typing.Any) -> str:
    """Return JSON text as it is stored: compact, so that it can be passed through."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        # integers beyond 64 bits
        return json.dumps(value, separators=(",", ":"))


def load(text: str | None) -> dict[str, typing.Any]:
    """Return a stored dict; nothing stored is an empty one."""
    if not text:
        return {}
    try:
        return typing.cast(dict[str, typing.Any], orjson.loads(text))
    except orjson.JSONDecodeError:
        return typing.cast(dict[str, typing.Any], json.loads(text))


class Node:
    """One row of ``nodes`` as attributes (every column), with dict columns parsed and secrets in place.

    Workers change dict columns in place or assign attributes; ``changes()`` gives what differs, as columns.
    """

    def __init__(self, row: sa.Row[typing.Any]) -> None:
        values = dict(row._mapping)
        #: column: its whole content as text, and what that is split into
        self._split: dict[str, tuple[str, tuple[str | None, str | None]]] = {}
        for column in DICTS:
            if column in SECRETIVE:
                stored = values[column], values.pop(f"{column}_secrets")
                values[column] = join(*stored)
                self._split[column] = dump(values[column]), stored
            else:
                values[column] = load(values[column])
        self.__dict__.update(values)
        self._was: dict[str, typing.Any] = {}
        self.clean()

    def __getattr__(self, name: str) -> typing.Any:
        raise AttributeError(f"node has no column {name!r}")

    def __repr__(self) -> str:
        return f"<Node {self.uuid} {self.provision_state}>"

    def clean(self) -> None:
        """Take the present values as the stored ones."""
        self._was = self._columns()

    def saved(self, values: dict[str, typing.Any]) -> None:
        """Take ``values``, which came from ``changes``, as stored; what changed meanwhile still differs."""
        self._was.update(values)

    def changes(self) -> dict[str, typing.Any]:
        """Return the columns whose values differ from the stored ones."""
        return {name: value for name, value in self._columns().items() if value != self._was.get(name)}

    def _columns(self) -> dict[str, typing.Any]:
        mine = self.__dict__
        values = {name: mine[name] for name in _NAMES if name in mine}
        for column in DICTS:
            if column in SECRETIVE:
                values[column], values[f"{column}_secrets"] = self._parts(column, values[column])
            else:
                values[column] = dump(values[column]) if values[column] else None
        return values

    def _parts(self, column: str, value: dict[str, typing.Any]) -> tuple[str | None, str | None]:
        """Return what may be shown of a column, and its secrets. Keys are looked through after changes only."""
        text = dump(value)
        known = self._split[column]
        if known[0] != text:
            known = self._split[column] = text, split(column, value, value)
        return known[1]


def fetch(connection: sa.Connection, uuid: str) -> "Node | None":
    """Return the node with this UUID, or None."""
    row = connection.execute(_FETCHING, {"w_uuid": uuid}).first()
    return None if row is None else Node(row)


_FETCHING = sa.select(models.NODES).where(models.NODES.c.uuid == sa.bindparam("w_uuid"))
