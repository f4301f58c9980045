"""The HTTP server: those who say nothing do not keep others out, those who speak TLS are not kept waiting."""

import contextlib
import pathlib
import socket
import ssl
import urllib.request
from typing import Any

import pytest

from baremetal import config
from baremetal.cmd import web
from tests import processes


def test_half_open_connections_shut_nobody_out(tmp_path: pathlib.Path) -> None:
    conf = config.build(state_path=str(tmp_path), api__port=processes.free_port())

    def application(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"here"]
    server = web.Web(conf, application)
    server.start()
    address = ("127.0.0.1", conf.api.port)
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            half = stack.enter_context(socket.create_connection(address, timeout=60))
            half.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
        with urllib.request.urlopen(f"http://127.0.0.1:{conf.api.port}/", timeout=60) as answer:
            assert answer.read() == b"here"
    server.stop()


def test_a_client_that_speaks_tls_is_shut_out_at_once(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    """Long before idle connections are closed; and said once, however often it tries."""
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]
    server = web.Web(config.build(state_path=str(tmp_path)), application, web.Listener("127.0.0.1", 0, 2, 100_000))
    server.start()
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port), timeout=120) as plain, \
                pytest.raises((ssl.SSLError, ConnectionError)):
            ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
    # in a body it is a byte like any other, also as the first one of a packet
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as plain:
        plain.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert b"100 Continue" in plain.recv(1000)
        plain.sendall(b"\x16\x03")
        answer = plain.recv(1000)
        while not answer.endswith(b"\x16\x03"):
            more = plain.recv(1000)
            assert more, answer
            answer += more
    server.stop()
    assert [record.getMessage() for record in caplog.records if "TLS" in record.getMessage()] == [
        "A client at 127.0.0.1 speaks TLS to a plain port; is the URL https:// that must be http://?"]
