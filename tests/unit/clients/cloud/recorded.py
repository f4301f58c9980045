"""A small HTTP server that gives recorded answers and notes what it was asked; no service, only its words."""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

#: method and path: status, headers, body
Answers = dict[str, tuple[int, dict[str, str], Any]]


class Server:
    """Where it is, what it answers, what came."""

    def __init__(self, answers: Answers) -> None:
        self.answers, self.asked = answers, list[tuple[str, dict[str, str], bytes]]()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.asked.append((f"{self.command} {self.path}", dict(self.headers), body))
                key = f"{self.command} {self.path.partition('?')[0]}"
                status, headers, told = outer.answers.get(key, (404, {}, {"itemNotFound": {"message": f"no {key}"}}))
                content = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _answer

            def log_message(self, *_: Any) -> None:
                """Nothing: what came is noted."""

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    @property
    def lines(self) -> list[str]:
        """Methods and paths that came."""
        return [line for line, _, _ in self.asked]


@contextlib.contextmanager
def serving(answers: Answers) -> Iterator[Server]:
    """A server for the length of a block."""
    server = Server(answers)
    thread = threading.Thread(target=server.http.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()
