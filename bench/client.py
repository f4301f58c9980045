"""A client of the API for measuring: one kept-alive connection each, and many of them at once. Judges nothing."""

import http.client
import json
import queue
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

from bench import meter

VERSION = "1.115"     # the newest of the reference: every field is shown
TIMEOUT = 300


class Refused(Exception):
    """The service answered with a status that the operation does not end with."""


class Client:
    """One connection."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.connection: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Return status and body; a kept connection that the server closed meanwhile is opened again once."""
        headers = {"Accept": "application/json", "X-OpenStack-Ironic-API-Version": VERSION}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        kept = self.connection is not None
        try:
            return self._once(method, path, data, headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            if not kept:
                raise
            return self._once(method, path, data, headers)

    def _once(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection, self.connection = self.connection or self._open(), None
        connection.request(method, path, body=data, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.will_close:
            connection.close()
        else:
            self.connection = connection
        return answer.status, body

    def _open(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Return the document of an answer that is a success."""
        status, answer = self.send(method, path, body)
        if status >= 300:
            raise Refused(f"{method} {path} -> {status} {answer[:300]!r}")
        return json.loads(answer) if answer else None

    def pages(self, path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield size and document of every page of a collection."""
        while path:
            status, answer = self.send("GET", path)
            if status != 200:
                raise Refused(f"GET {path} -> {status} {answer[:300]!r}")
            document = json.loads(answer)
            yield len(answer), document
            following = urllib.parse.urlsplit(document.get("next") or "")
            path = following.path + ("?" + following.query if following.query else "")


Work = Callable[[Client, int], Any]


class Crowd:
    """Several clients that do one kind of work until it is done; each waits for its answer before it goes on."""

    def __init__(self, url: str, meters: meter.Meter) -> None:
        self.url, self.meters = url, meters

    def do(self, times: int, clients: int, work: Work) -> tuple[dict[str, Any], list[Any]]:
        """Do ``work(client, i)`` for every i below ``times``; return the figures and the results."""
        todo: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(times):
            todo.put(number)
        took: list[float] = []
        results: list[Any] = []
        wrong: list[str] = []

        def run() -> None:
            own = Client(self.url)
            while True:
                try:
                    number = todo.get_nowait()
                except queue.Empty:
                    return
                begun = time.perf_counter()
                try:
                    results.append(work(own, number))
                    took.append(time.perf_counter() - begun)
                except Exception as error:      # counted and shown: a benchmark with errors is void
                    wrong.append(repr(error)[:400])
        threads = [threading.Thread(target=run) for _ in range(clients)]
        mark = self.meters.mark()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        figures = self.meters.since(mark, len(took))
        return {"clients": clients, "n": len(took), "per_s": round(len(took) / figures["wall_s"], 1),
                **quantiles(took), "errors": len(wrong), **({"first_error": wrong[0]} if wrong else {}),
                **figures}, results


def quantiles(took: list[float]) -> dict[str, float]:
    """Return the median and the tail of durations, in milliseconds."""
    if not took:
        return {}
    ordered = sorted(took)
    return {f"p{share}_ms": round(ordered[min(len(ordered) - 1, round(share / 100 * (len(ordered) - 1)))] * 1e3, 2)
            for share in (50, 99)}
