"""Values that rules speak of: ``{inventory[cpu][count]}`` and the like filled in, secrets masked, paths walked.

Nothing but keys and positions of documents can be reached: a rule's text is never evaluated.
"""

import collections.abc
import re
import typing

MASK = "***"
#: most characters of a text that values were filled into
MOST = 65536
_SECRET = re.compile(r"pass(word|wd|phrase)|secret|token|private_key|auth_key|priv_key|kg_key", re.IGNORECASE)
_REFERENCE = re.compile(r"\{(node|inventory|plugin_data|item)((?:\[[^\[\]{}]*\]|\.\w+)*)\}")
_KEY = re.compile(r"\[([^\[\]{}]*)\]|\.(\w+)")


class Missing(LookupError):
    """What a reference names is not there."""


class Scope:
    """What the texts of one rule may refer to."""

    def __init__(self, roots: collections.abc.Mapping[str, typing.Any], *, masked: bool) -> None:
        self._roots, self._masked = dict(roots), masked

    def inside(self, item: typing.Any) -> "Scope":
        """Return the scope of one turn of a loop; what it loops over may itself refer to something."""
        return Scope({**self._roots, "item": self.fill(item)}, masked=self._masked)

    def fill(self, value: typing.Any, *, strict: bool = False) -> typing.Any:
        """Return a value with its references filled in, at any depth.

        A text that is nothing but a reference becomes what it refers to, whatever that is. One to what is not there
        stays as it is, or raises ``Missing`` where it is ``strict``.
        """
        if isinstance(value, dict):
            return {self._text(key, strict=strict): self.fill(item, strict=strict) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, strict=strict) for item in value]
        if not isinstance(value, str):
            return value
        whole = _REFERENCE.fullmatch(value)
        return self._one(whole, strict=strict) if whole else self._text(value, strict=strict)

    def _text(self, text: str, *, strict: bool) -> str:
        return _REFERENCE.sub(lambda found: str(self._one(found, strict=strict)), text)[:MOST]

    def _one(self, found: re.Match[str], *, strict: bool) -> typing.Any:
        """Return what a reference refers to."""
        value, seen = self._roots.get(found[1], Missing), True
        for part in _KEY.finditer(found[2]):
            key = part[1] if part[1] is not None else part[2]
            seen = seen and not _SECRET.search(key)
            value = below(value, key)
        if value is Missing:
            if strict:
                raise Missing(found[0])
            return found[0]
        if self._masked and value not in (None, ""):
            return mask(value) if seen else MASK
        return value


def below(value: typing.Any, key: str) -> typing.Any:
    """Return what stands below a value under a key or at a position, or ``Missing``."""
    if isinstance(value, collections.abc.Mapping):
        return value.get(key, Missing)
    if isinstance(value, list) and key.lstrip("-").isdigit() and -len(value) <= int(key) < len(value):
        return value[int(key)]
    return Missing


def mask(value: typing.Any) -> typing.Any:
    """Return a value with its secrets masked."""
    if isinstance(value, collections.abc.Mapping):
        return {key: MASK if _SECRET.search(str(key)) and item not in (None, "") else mask(item)
                for key, item in value.items()}
    return [mask(item) for item in value] if isinstance(value, list) else value


def path(text: typing.Any) -> list[str]:
    """Return the parts of a path, written with dots or with slashes; raises ``ValueError``."""
    if not isinstance(text, str):
        raise ValueError(f"'path' must be a text, such as properties/cpus, not a {type(text).__name__}.")
    parts = text.strip("/").split("/") if "/" in text else text.split(".")
    if not all(parts) or len(parts) > 32:
        raise ValueError(f"'path' is {text[:60]!r}; it must be names with slashes or dots between them.")
    return parts


def put(document: dict[str, typing.Any], parts: list[str], value: typing.Any) -> None:
    """Set what stands at a path; objects on the way are made."""
    place = document
    for key in parts[:-1]:
        place = place.setdefault(key, {})
        if not isinstance(place, dict):
            raise ValueError(f"{key!r} on the way is no object.")
    place[parts[-1]] = value


def take_away(document: dict[str, typing.Any], parts: list[str]) -> bool:
    """Remove what stands at a path; return whether anything did."""
    place: typing.Any = document
    for key in parts[:-1]:
        place = place.get(key) if isinstance(place, dict) else None
    if not isinstance(place, dict) or parts[-1] not in place:
        return False
    del place[parts[-1]]
    return True


def extend(document: dict[str, typing.Any], parts: list[str], value: typing.Any, *, unique: bool) -> None:
    """Add an item to the list at a path, which is made where there is none."""
    present: typing.Any = document
    for key in parts:
        present = present.get(key) if isinstance(present, dict) else None
    if present is not None and not isinstance(present, list):
        raise ValueError(f"what is there is no list but a {type(present).__name__}.")
    known = list(present or [])
    put(document, parts, known if unique and value in known else [*known, value])
