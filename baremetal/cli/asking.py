"""Asks the API one thing and returns its document; what it refuses becomes a sentence. Knows no resource."""

import http.client
import json
import typing
import urllib.error
import urllib.request

from baremetal.cli import access, stream

#: seconds within which an answer must begin; validation of a node asks its controller
PATIENCE = 90.0
#: bytes of an answer at most
MOST = 2 ** 28
VERSION = "latest"


def ask(how: access.Access, method: str, path: str, body: typing.Any = None) -> typing.Any:
    """Return the document of the answer, None where there is none; raises ``access.Wrong`` with the service's words."""
    headers = {"Accept": "application/json", "OpenStack-API-Version": f"baremetal {VERSION}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    request = how.request(path, headers)
    request.method = method
    request.data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read(MOST)
    except urllib.error.HTTPError as error:
        with error:
            said = stream.message(error.read(2 ** 16)) or error.reason
            said = stream.foreign(error, said) or said
        if error.code == 401:
            said = f"The API does not let us in: {said} Look at OS_AUTH_TYPE, OS_USERNAME and OS_PASSWORD."
        raise access.Wrong(f"{said} (HTTP {error.code})") from error
    except (OSError, http.client.HTTPException) as error:
        raise access.Wrong(stream.silent(how, stream.said(error))) from error
    try:
        return json.loads(text) if text.strip() else None
    except ValueError as error:
        raise access.Wrong(f"What answers at {how.url} does not speak JSON; is that this service?") from error
