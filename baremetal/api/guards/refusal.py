"""How a guard answers a request that it does not let through."""

import http
import typing

from baremetal import errors
from baremetal.api import faults, versions


def refuse(start_response: typing.Any, fault: errors.Fault) -> list[bytes]:
    """Answer with a fault, as the application would."""
    status, text = http.HTTPStatus(faults.status(fault)), faults.body(fault)
    start_response(f"{status.value} {status.phrase}", [
        ("Content-Type", "application/json"), ("Content-Length", str(len(text))), *faults.headers(fault),
        *versions.headers(None)])
    return [text]
