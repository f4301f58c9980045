"""Requests that are hardly HTTP, over a bare socket: each is refused, and the service goes on."""

import base64
import contextlib
import socket
from typing import Any
from urllib import parse

import pytest

NODES = "/v1/nodes HTTP/1.1\r\nHost: x\r\n{auth}"
REST = " HTTP/1.1\r\nHost: x\r\n{auth}\r\n"

# fmt: off
CASES: dict[str, tuple[tuple[int, ...], str]] = {
    #                         statuses         request
    "chunks of no length":  ((400,),          "POST " + NODES + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n"),
    "negative length":      ((400,),          "POST " + NODES + "Content-Length: -5\r\n\r\n{{}}"),
    "length of no number":  ((400,),          "POST " + NODES + "Content-Length: two\r\n\r\n{{}}"),
    "length beyond all":    ((413,),          "POST " + NODES + "Content-Length: 99999999999\r\n\r\n{{}}"),
    "unknown encoding":     ((400, 501),      "POST " + NODES + "Transfer-Encoding: unicorn\r\n\r\n{{}}"),
    "no HTTP":              ((400,),          "unicorn\r\n\r\n"),
    "header of no form":    ((400,),          "GET " + NODES + "unicorn\r\n\r\n"),
    "header without end":   ((400, 413, 431), "GET " + NODES + "X: " + "x" * 400_000 + "\r\n\r\n"),
    "path of great length": ((400, 404, 414), "GET /v1/nodes/" + "x" * 100_000 + REST),
    "method of no form":    ((400, 405),      "UNI\x01CORN " + NODES + "\r\n"),
    "line break in a path": ((400, 404),      "GET /v1/nodes/a%0d%0aX:%20b" + REST),
}
# fmt: on


def send(service: Any, text: str) -> bytes:
    """Send a text as it stands; return what came back until the other side was done or silent."""
    where = parse.urlsplit(service.url)
    secret = base64.b64encode(":".join(service.auth).encode()).decode()
    with socket.create_connection((where.hostname, where.port), timeout=60) as wire:
        heard = b""
        with contextlib.suppress(ConnectionError):      # the other side may have heard enough before the end
            wire.sendall(text.format(auth=f"Authorization: Basic {secret}\r\nConnection: close\r\n").encode())
        with contextlib.suppress(TimeoutError, ConnectionError):    # judged by what was heard
            while part := wire.recv(65536):
                heard += part
    return heard


@pytest.mark.parametrize("name", CASES)
def test_is_refused(service: Any, name: str) -> None:
    statuses, text = CASES[name]
    heard = send(service, text)
    assert heard.startswith(b"HTTP/1."), heard[:200]
    assert int(heard.split()[1]) in statuses, heard[:400]
    assert b"Traceback" not in heard and b"X: b" not in heard.split(b"\r\n\r\n")[0]
    assert send(service, "GET /v1 HTTP/1.1\r\nHost: x\r\n{auth}\r\n").startswith(b"HTTP/1.1 200")


def test_a_body_that_stops_is_not_waited_for_by_others(service: Any) -> None:
    where = parse.urlsplit(service.url)
    stopped = [socket.create_connection((where.hostname, where.port), timeout=60) for _ in range(40)]
    try:
        for wire in stopped:
            wire.sendall(b"POST /v1/nodes HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert send(service, "GET /v1 HTTP/1.1\r\nHost: x\r\n{auth}\r\n").startswith(b"HTTP/1.1 200")
    finally:
        for wire in stopped:
            wire.close()
