"""A web server for images with habits to switch on: it breaks off, dawdles, redirects, refuses ranges."""

import contextlib
import http.server
import ssl
import threading
import time
import typing


class Site:
    """What a server offers and how it behaves; ``asked`` is what was asked of it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.statuses: list[int] = []           # given instead of the content, one for each request
        self.break_after: list[int] = []        # bytes after which the connection closes, one for each request
        self.pause = 0.0                        # seconds between pieces
        self.piece = 1 << 20
        self.ranges = True
        self.tags = True
        self.lengths = True
        self.asked: list[tuple[str, str, str | None]] = []
        self.url = ""


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    site: Site

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        """Answer as the site's habits say."""
        site, path = self.site, self.path.partition("?")[0]
        asked_range = self.headers.get("Range")
        site.asked.append((self.command, path, asked_range))
        if path in site.redirects:
            self._head(302, {"Location": site.redirects[path], "Content-Length": "0"})
            return
        if site.statuses:
            self._head(site.statuses.pop(0), {"Content-Length": "0"})
            return
        if path not in site.files:
            self._head(404, {"Content-Length": "0"})
            return
        content = site.files[path]
        headers = {"ETag": f'"{hash(content)}"'} if site.tags else {}
        start = 0
        if asked_range and site.ranges and self.headers.get("If-Range") in (None, headers.get("ETag")):
            start = int(asked_range.removeprefix("bytes=").partition("-")[0])
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if site.lengths:
            headers["Content-Length"] = str(len(content) - start)
        self._head(206 if start else 200, headers)
        self.close_connection = not site.lengths
        if self.command == "GET":
            self._body(content[start:])

    def log_message(self, format: str, *args: typing.Any) -> None:
        """Say nothing."""

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _body(self, content: bytes) -> None:
        end = self.site.break_after.pop(0) if self.command == "GET" and self.site.break_after else len(content)
        with contextlib.suppress(ConnectionError):
            for start in range(0, end, self.site.piece):
                self.wfile.write(content[start:min(end, start + self.site.piece)])
                if self.site.pause:
                    time.sleep(self.site.pause)
        if end < len(content):
            self.close_connection = True


class Quiet(http.server.ThreadingHTTPServer):
    """A server that does not complain of clients that hang up."""

    daemon_threads = True

    def handle_error(self, request: typing.Any, client_address: typing.Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serve(tls: ssl.SSLContext | None = None) -> typing.Iterator[Site]:
    """Lend a site that is served on a port of loopback, with ``tls`` over HTTPS."""
    site = Site()
    handler = type("SiteHandler", (Handler,), {"site": site})
    with Quiet(("127.0.0.1", 0), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        site.url = f"http{'s' * bool(tls)}://127.0.0.1:{server.server_address[1]}"
        yield site
        server.shutdown()
        thread.join()
