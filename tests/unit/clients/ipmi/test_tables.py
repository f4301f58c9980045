"""The tables of the IPMI client are complete, and what they say is true."""

import inspect

import pytest
from pyghmi.ipmi.private import constants

from baremetal import errors
from baremetal.clients import ipmi
from baremetal.clients.ipmi import address, bmc, breaker, completion, operations

FACTS = {"host": "192.0.2.1", "port": 623, "username": "admin", "operation": "power_read", "why": "test"}


def test_every_completion_code_is_a_fault_with_words() -> None:
    for code in range(1, 256):
        kind, why = completion.of_code(0, 1, code)
        assert issubclass(kind, errors.BmcFault) and why.startswith(f"completion code {code:#04x}: ")
    known = {code for code in constants.ipmi_completion_codes if 0 < code < 0xFF}
    assert set(completion.CODES) <= known


def test_codes_of_one_command_have_their_own_words() -> None:
    assert "read-only" in completion.of_code(0, 8, 0x82)[1]


def test_every_status_of_a_refused_session_is_known() -> None:
    assert set(completion.STATUSES) == set(constants.rmcp_codes)


def test_what_we_refuse_ourselves_is_the_credentials() -> None:
    assert completion.of_status(0, "Incorrect password provided") == (errors.BmcRefused, "Incorrect password provided")


@pytest.mark.parametrize("kind", errors.every(errors.BmcFault))
def test_every_fault_has_its_rule(kind: type[errors.BmcFault]) -> None:
    """What is transient is tried again or counted; what is not, is told at once."""
    if kind in (errors.BmcFault, errors.BmcResting):
        return
    assert kind.transient == (kind in bmc.POLICY or kind in breaker.COUNTED)
    text = str(kind(**FACTS))
    assert "192.0.2.1" in text and "test" in text and "{" not in text


def test_every_operation_says_what_it_does() -> None:
    for name, operation in operations.TABLE.items():
        assert operation.__name__ == name and inspect.getdoc(operation)


def test_a_password_is_not_shown() -> None:
    where = ipmi.Address("192.0.2.1", password="secret", kg=b"kkey")
    assert "secret" not in repr(where) and "kkey" not in repr(where)
    assert where == ipmi.Address("192.0.2.1", password="secret", kg=b"kkey") and len({where, where}) == 1


@pytest.mark.parametrize("wrong", [{"privilege": "root"}, {"cipher": 0}, {"cipher": 1}])
def test_an_address_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        ipmi.Address("192.0.2.1", **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "level"), [*address.PRIVILEGES.items(), ("ADMINISTRATOR", 4), ("OPERATOR", 3)])
def test_privileges(name: str, level: int) -> None:
    assert ipmi.Address("192.0.2.1", privilege=name).level == level
