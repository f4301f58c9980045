"""The HTTP server: those who say nothing do not keep others out."""

import contextlib
import pathlib
import socket
import urllib.request
from typing import Any

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
