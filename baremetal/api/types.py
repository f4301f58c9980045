"""The kinds of value that fields and parameters take: WSME types, each with a sentence of what would be right.

``check(datatype, value)`` is the one way in; it raises ``ValueError`` with that sentence.
"""

import re
import typing
import uuid

import wsme.exc
import wsme.types

_NAME = re.compile(r"[A-Za-z0-9\-._~]{1,255}\Z")
_LABEL = r"[a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?"
_OLD_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\Z")
_DIGITS = re.compile(r"[+-]?[0-9]+")
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}\Z")

TRUE, FALSE = ("1", "t", "true", "on", "y", "yes"), ("0", "f", "false", "off", "n", "no")


class Kind(wsme.types.UserType):
    """A type with a sentence; subclasses convert in ``validate`` or raise ``ValueError``."""

    basetype: typing.Any = str
    wanted = ""
    #: how the column stores it: text, json, time, flag, number
    stored = "text"
    schema: dict[str, typing.Any] = {"type": "string"}


class String(Kind):
    """Text of bounded length."""

    def __init__(self, most: int | None = None, least: int = 0, *, lower: bool = False) -> None:
        self.most, self.least, self.lower = most, least, lower
        bound = f" of {least} to {most} characters" if most else ""
        self.wanted = f"It must be a string{bound}."
        self.schema = {"type": "string", **({"maxLength": most} if most else {}),
                       **({"minLength": least} if least else {})}

    def validate(self, value: typing.Any) -> str:
        """Return the text."""
        if not isinstance(value, str) or len(value) < self.least or (self.most and len(value) > self.most):
            raise ValueError(self.wanted)
        if "\0" in value:
            raise ValueError(f"{self.wanted} It must not have NUL characters.")
        return value.lower() if self.lower else value


class Pattern(String):
    """Text of a form."""

    def __init__(self, pattern: str, wanted: str, *, lower: bool = False) -> None:
        super().__init__(lower=lower)
        self.pattern, self.wanted = re.compile(pattern + r"\Z"), wanted
        self.schema = {"type": "string", "pattern": f"^{pattern}$"}

    def validate(self, value: typing.Any) -> str:
        """Return the text."""
        text = super().validate(value)
        if not self.pattern.match(text):
            raise ValueError(self.wanted)
        return text


class Choice(Kind):
    """One of a few words."""

    def __init__(self, *choices: str) -> None:
        self.choices = choices
        self.wanted = f"It must be one of: {', '.join(choices)}."
        self.schema = {"type": "string", "enum": list(choices)}

    def validate(self, value: typing.Any) -> str:
        """Return the word."""
        if value not in self.choices:
            raise ValueError(self.wanted)
        return str(value)


class Uuid(Kind):
    """A UUID in its usual form."""

    wanted = "It must be a UUID, such as 8b2b1f4e-4f0e-4a53-9d2f-5f1f7f0b8a11."
    schema: dict[str, typing.Any] = {"type": "string", "format": "uuid"}

    def validate(self, value: typing.Any) -> str:
        """Return the UUID as given."""
        if not isinstance(value, str) or not is_uuid(value):
            raise ValueError(self.wanted)
        return value


class Mac(Kind):
    """A MAC address, stored in lower case."""

    wanted = "It must be a MAC address, such as 52:54:00:12:34:56."
    schema: dict[str, typing.Any] = {
        "type": "string", "pattern": "^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$"}

    def validate(self, value: typing.Any) -> str:
        """Return the address in lower case."""
        text = value.lower() if isinstance(value, str) else ""
        if not _MAC.match(text):
            raise ValueError(self.wanted)
        return text


class Json(Kind):
    """An object of any content."""

    basetype = dict
    stored = "json"
    wanted = "It must be an object."
    schema: dict[str, typing.Any] = {"type": "object"}

    def validate(self, value: typing.Any) -> dict[str, typing.Any]:
        """Return the object."""
        if not isinstance(value, dict):
            raise ValueError(self.wanted)
        return value


class List(Kind):
    """A list of one kind."""

    basetype = list
    stored = "json"

    def __init__(self, of: Kind) -> None:
        self.of = of
        self.wanted = f"It must be a list. Each item: {of.wanted}"
        self.schema = {"type": "array", "items": of.schema}

    def validate(self, value: typing.Any) -> list[typing.Any]:
        """Return the list, each item checked."""
        if not isinstance(value, list):
            raise ValueError(self.wanted)
        return [self._item(number, item) for number, item in enumerate(value)]

    def _item(self, number: int, item: typing.Any) -> typing.Any:
        try:
            return self.of.validate(item)
        except ValueError as error:
            # an object may hold secrets
            shown = repr(item)[:100] if isinstance(item, (str, int, float)) else type(item).__name__
            raise ValueError(f"Item {number} is {shown}. {error}") from error


class Flag(Kind):
    """A boolean; the usual words are taken for it, in queries and bodies."""

    basetype = bool
    stored = "flag"
    wanted = "It must be true or false."
    schema: dict[str, typing.Any] = {"type": "boolean"}

    def validate(self, value: typing.Any) -> bool:
        """Return the boolean."""
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower() if isinstance(value, (str, int)) else ""
        if word not in TRUE + FALSE:
            raise ValueError(f"{self.wanted} Also taken: {', '.join(TRUE)}; {', '.join(FALSE)}.")
        return word in TRUE


class Number(Kind):
    """A whole number within bounds."""

    basetype = int
    stored = "number"

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        self.least, self.most = least, most
        bounds = [f"at least {least}"] * (least is not None) + [f"at most {most}"] * (most is not None)
        self.wanted = "It must be a whole number" + (f" of {' and '.join(bounds)}." if bounds else ".")
        self.schema = {"type": "integer", **({"minimum": least} if least is not None else {}),
                       **({"maximum": most} if most is not None else {})}

    def validate(self, value: typing.Any) -> int:
        """Return the number; digits in a string are taken."""
        try:
            number = self.read(value)
        except (TypeError, ValueError):
            number = None
        # what JSON and databases hold has 64 bits at most
        if (number is None or not -2**63 <= number < 2**63 or (self.least is not None and number < self.least)
                or (self.most is not None and number > self.most)):
            raise ValueError(self.wanted)
        return number

    def read(self, value: typing.Any) -> int | None:
        """Return the number that a value is, if it is one; Python's own underscores and letters are none."""
        if isinstance(value, str):
            return int(value) if _DIGITS.fullmatch(value.strip()) else None
        return int(value) if not isinstance(value, (bool, float)) else None


class Whole(Number):
    """A whole number of JSON; no text for it."""

    def read(self, value: typing.Any) -> int | None:
        """Return the number, if it is one."""
        return value if type(value) is int else None


class Time(Kind):
    """A point of time, ISO 8601 with offset; only shown, never taken."""

    stored = "time"
    wanted = "It is set by the service."
    schema: dict[str, typing.Any] = {"type": "string", "format": "date-time"}


class Words(Kind):
    """A comma list: trimmed, in lower case, without repetition, in order."""

    basetype = list
    wanted = "It must be words with commas between them."

    def validate(self, value: typing.Any) -> list[str]:
        """Return the words."""
        if not isinstance(value, str):
            raise ValueError(self.wanted)
        return list(dict.fromkeys(word for word in (part.strip().lower() for part in value.split(",")) if word))


class Chosen(Words):
    """A comma list of some of a few words."""

    def __init__(self, *choices: str) -> None:
        self.choices = choices
        self.wanted = f"It must be one or more of these, with commas between them: {', '.join(choices)}."

    def validate(self, value: typing.Any) -> list[str]:
        """Return the words."""
        found = super().validate(value)
        if not found or not set(found) <= set(self.choices):
            raise ValueError(self.wanted)
        return found


class Anything(Kind):
    """Any JSON value."""

    wanted = "It may be any JSON value."
    schema: dict[str, typing.Any] = {}

    def validate(self, value: typing.Any) -> typing.Any:
        """Return the value."""
        return value


TEXT, UUID, MAC, JSON = String(), Uuid(), Mac(), Json()
FLAG, TIME, WORDS, ANYTHING = Flag(), Time(), Words(), Anything()


def is_uuid(value: str) -> bool:
    """Return whether ``value`` is a UUID; braces, prefixes and missing hyphens are not taken for one."""
    try:
        return str(uuid.UUID(value)) == value.lower()
    except (ValueError, AttributeError, TypeError):
        return False


def is_name(value: str, version: int) -> bool:
    """Return whether ``value`` can be a logical name at this microversion (names exist from 1.5)."""
    return bool((_NAME if version >= 10 else _OLD_NAME).match(value)) and not is_uuid(value)


def check(datatype: Kind, value: typing.Any) -> typing.Any:
    """Return ``value`` as ``datatype`` takes it; raises ``ValueError`` with what would be right."""
    try:
        return wsme.types.validate_value(datatype, value)
    except wsme.exc.InvalidInput as error:
        raise ValueError(getattr(datatype, "wanted", "") or str(error)) from error
