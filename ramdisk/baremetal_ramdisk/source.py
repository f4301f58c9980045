"""Fetches an image's extents over HTTP by ranges: one kept-alive connection, tries again, verifies each extent."""

import hashlib
import time
import typing

import requests
import urllib3.exceptions

from baremetal_ramdisk import blockmap, failure

AGAIN = (408, 425, 429, 500, 502, 503, 504)
BROKEN = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError)
LARGEST_MAP = 256 << 20


class Source:
    """One server. ``verify`` and ``cert`` are those of requests."""

    def __init__(self, verify: typing.Any = None, cert: typing.Any = None, attempts: int = 10, pause: float = 2,
                 timeout: float = 60) -> None:
        self.session = requests.Session()
        self.session.verify, self.session.cert = True if verify is None else verify, cert
        self.session.headers["Accept-Encoding"] = "identity"
        self.attempts, self.pause, self.timeout = attempts, pause, timeout
        self.requests = 0
        self.received = 0

    def close(self) -> None:
        """Let go of the connection."""
        self.session.close()

    def map(self, url: str, sha256: str) -> blockmap.BlockMap:
        """Return the verified block map at ``url``."""
        why = ""
        for attempt in range(self.attempts):
            self._wait(attempt)
            try:
                with self._get(url, {}) as response:
                    content = response.raw.read(LARGEST_MAP, decode_content=False)
                self.received += len(content)
                return blockmap.parse(content, sha256)
            except BROKEN as error:
                why = type(error).__name__
            except _Again as again:
                why = str(again)
        raise failure.Unreachable(f"block map {_plain(url)}: {why} (tried {self.attempts} times)")

    def extents(self, url: str, run: typing.Sequence[blockmap.Extent]
                ) -> typing.Iterator[tuple[blockmap.Extent, bytes]]:
        """Give each extent of a run with its content, which is verified. What comes damaged is asked for again."""
        left, failed, why = list(run), 0, ""
        while left:
            self._wait(failed)
            try:
                wanted = {"Range": f"bytes={left[0].offset}-{left[-1].end - 1}"}
                with self._get(url, wanted) as response:
                    _must_be_range(response, left[0].offset, url)
                    while left:
                        content = self._exactly(response, left[0].length)
                        _verify(left[0], content)
                        yield left.pop(0), content
                        failed = 0
            except _Again as again:
                failed, why = failed + 1, str(again)
            except BROKEN as error:
                failed, why = failed + 1, type(error).__name__
            if left and failed >= self.attempts:
                raise failure.Unreachable(f"image {_plain(url)} at byte {left[0].offset}: {why} (tried {failed} times)")

    def _get(self, url: str, headers: dict[str, str]) -> requests.Response:
        self.requests += 1
        response = self.session.get(url, headers=headers, stream=True, timeout=self.timeout)
        if response.status_code in AGAIN:
            response.close()
            raise _Again(f"the server answered {response.status_code}")
        if response.status_code not in (200, 206):
            response.close()
            raise failure.Unreachable(f"{_plain(url)}: the server answered {response.status_code} {response.reason}")
        return response

    def _exactly(self, response: requests.Response, length: int) -> bytes:
        """Read ``length`` bytes; fewer is a try that failed."""
        parts, came = [], 0
        while came < length:
            part = response.raw.read(min(1 << 20, length - came), decode_content=False)
            if not part:
                raise _Again("the server closed the connection before the end")
            parts.append(part)
            came += len(part)
        self.received += came
        return b"".join(parts)

    def _wait(self, failed: int) -> None:
        if failed:
            time.sleep(self.pause)


class _Again(Exception):
    """A try that failed and may be repeated."""


def _must_be_range(response: requests.Response, offset: int, url: str) -> None:
    told = response.headers.get("Content-Range", "")
    if response.status_code == 206 and told.startswith(f"bytes {offset}-"):
        return
    if response.status_code == 200 and offset == 0:
        return      # the whole file begins with what was asked for
    raise failure.Unreachable(f"{_plain(url)}: the server does not give ranges (answered {response.status_code} "
                              f"{told!r} for bytes from {offset} on)")


def _verify(extent: blockmap.Extent, content: bytes) -> None:
    got = hashlib.sha256(content).hexdigest()
    if got != extent.sha256:
        raise _Again(f"its {extent.length} bytes from {extent.offset} on have sha256 {got}, expected was "
                     f"{extent.sha256}")


def _plain(url: str) -> str:
    """Return a URL without what may be secret in it: user, query, and the key in the path of our own server."""
    place, _, path = url.partition("://")[2].partition("?")[0].rpartition("@")[2].partition("/")
    return f"{url.partition('://')[0]}://{place}/…/{path.rpartition('/')[2]}"
