"""Answers of agents: results of commands, refusals as faults. Sends nothing."""

import typing

import orjson

from baremetal import errors
from baremetal.clients.agent import address

Result = dict[str, typing.Any]

#: ``command_status`` of the protocol
RUNNING, SUCCEEDED, FAILED, MISMATCH = "RUNNING", "SUCCEEDED", "FAILED", "CLEAN_VERSION_MISMATCH"
STATUSES = (RUNNING, SUCCEEDED, FAILED, MISMATCH)
BUSY, UNAUTHORIZED = 409, 401
#: characters of a foreign text that are repeated in a fault
MOST_TEXT = 1000

#: status code: what it means here
# fmt: off
REFUSALS = {
    UNAUTHORIZED: "it does not know our token, so it is an agent of another boot, or somebody else",
    404:          "it knows no such command; its ramdisk is older than this service, or none of the real agent",
}
# fmt: on


def read(where: address.Address, command: str, status: int, body: bytes) -> typing.Any:
    """Return the JSON of an answer; raises AgentRefused, AgentBusy or AgentGarbage."""
    if status == BUSY:
        raise fault(errors.AgentBusy, where, command, _said(body) or "it works on another command")
    if status != 200:
        said, known = _said(body), REFUSALS.get(status, f"status {status}")
        raise fault(errors.AgentRefused, where, command, f"{known} ({said})" if said else known)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise fault(errors.AgentGarbage, where, command, f"no JSON: {error}") from error


def result(where: address.Address, command: str, value: typing.Any) -> Result:
    """Return one result; raises AgentGarbage for what is none."""
    if not isinstance(value, dict) or value.get("command_status") not in STATUSES or not value.get("id"):
        raise fault(errors.AgentGarbage, where, command, "no command result with id and command_status")
    return value


def results(where: address.Address, command: str, value: typing.Any) -> list[Result]:
    """Return the list of results, oldest first; raises AgentGarbage."""
    if not isinstance(value, dict) or not isinstance(value.get("commands"), list):
        raise fault(errors.AgentGarbage, where, command, "no list of commands")
    return [result(where, command, one) for one in value["commands"]]


def failure(found: Result) -> str:
    """Return what a result that failed says."""
    error = found.get("command_error")
    if isinstance(error, dict):
        said = ": ".join(str(error[key]) for key in ("message", "details") if error.get(key))
        return (said or str(error.get("type") or "no reason given"))[:MOST_TEXT]
    return str(error or "no reason given")[:MOST_TEXT]


def check(where: address.Address, command: str, found: Result) -> Result:
    """Return a result that did not fail; else raise AgentFailed."""
    if found["command_status"] == FAILED:
        raise fault(errors.AgentFailed, where, command, failure(found))
    return found


def fault(kind: type[errors.AgentFault], where: address.Address, command: str, why: str) -> errors.AgentFault:
    """Return a fault with its facts; the token never stands in it."""
    text = why.replace(where.token, "******") if where.token else why
    return kind(url=where.url, command=command, why=text[:MOST_TEXT])


def _said(body: bytes) -> str:
    """Return the text of a refusal."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    return str(value.get("faultstring") or "")[:MOST_TEXT] if isinstance(value, dict) else ""
