"""Vendor methods: what is marked, what is told, what is refused."""

import typing

import pytest

from baremetal import errors
from baremetal.drivers import task, vendor
from tests.contract import devices


class Example(vendor.Vendor):
    """Has one of each."""

    name = "example"

    @vendor.method("Say how it was called.", http=("GET", "DELETE"), background=False)
    def how(self, task: task.Task, http_method: str, word: str = "none") -> str:
        """Return it."""
        return f"{http_method} {word}"

    @vendor.driver_method("Find things.", http=("GET",), background=False, attach=True)
    def find(self, lent: task.Surroundings, http_method: str, what: str) -> bytes:
        """Return it."""
        return f"{http_method} {what} {lent}".encode()


FOUND = Example()
NODE = typing.cast(typing.Any, type("Held", (), {"node": devices.node("ipmi")})())


def test_the_two_kinds_are_told_apart() -> None:
    assert list(FOUND.methods()) == ["how"] and list(FOUND.driver_methods()) == ["find"]
    assert FOUND.driver_methods()["find"].to_wire() == {
        "http_methods": ["GET"], "async": False, "description": "Find things.", "attach": True}


def test_one_that_wants_to_know_is_told_how_it_was_called() -> None:
    assert FOUND.call(NODE, "how", "DELETE", {"word": "x"}) == "DELETE x"
    assert FOUND.call_driver(typing.cast(typing.Any, "lent"), "find", "GET", {"what": "x"}) == b"GET x lent"


# fmt: off
REFUSED: dict[str, tuple[str, str, dict[str, typing.Any], str]] = {
    "another way":          ("how", "POST", {}, "not called by POST; by GET, DELETE"),
    "another method":       ("fly", "GET", {}, "No vendor method 'fly' of driver ipmi; there are: how"),
    "one of the driver":    ("find", "GET", {}, "No vendor method 'find'"),
    "another parameter":    ("how", "GET", {"colour": 1}, "'colour' of vendor method how; known are: word"),
    "what is not given":    ("how", "GET", {"http_method": "PUT"}, "'http_method'"),
}
# fmt: on


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str) -> None:
    name, http, given, says = REFUSED[what]
    with pytest.raises(errors.Fault, match=says) as refused:
        FOUND.check(NODE, name, http, given)
    assert refused.value.kind == "invalid"


def test_refused_of_a_driver() -> None:
    with pytest.raises(errors.MissingField, match="what"):
        FOUND.check_driver("ipmi", "find", "GET", {})
    with pytest.raises(errors.Invalid, match="'how' of driver ipmi as a whole; there are: find"):
        FOUND.check_driver("ipmi", "how", "GET", {})
