"""HTTP(S) sources: streamed, taken up where they broke off, redirects judged one by one. Verifies no checksum."""

import contextlib
import typing
import urllib.parse

import requests
import urllib3.exceptions

from baremetal import errors
from baremetal.images import guard, sink, sources

REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
AGAIN = (408, 425, 429, 500, 502, 503, 504)
PORTION = 1 << 18
LONGEST_PAUSE = 10
BROKEN = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError)


class _Broken(Exception):
    """A try that failed and may be repeated; the text is for a person."""


def download(url: str, into: sink.Sink, means: sources.Means, progress: sources.Progress) -> sources.Stamp:
    """Write what ``url`` gives into ``into`` and return its stamp. Blocks; raises when all tries failed."""
    why, last = "", sources.Stamp()
    for attempt in range(means.conf.images.attempts):
        if attempt:
            means.clock.sleep(min(2 ** (attempt - 1), LONGEST_PAUSE))
        try:
            with open_at(url, into.size, last, means) as response:
                last = _continue(response, into, last, url)
                _pour(response, into, last, means, progress)
            return last
        except _Broken as broken:
            why = str(broken)
    raise errors.ImageUnavailable(source=guard.plain(url), why=f"{why} ({into.size} bytes came, tried "
                                  f"{means.conf.images.attempts} times)")


def stamp(url: str, means: sources.Means) -> sources.Stamp:
    """Return what ``url`` says of itself now, without its content. Servers need not tell."""
    try:
        with open_at(url, 0, sources.Stamp(), means, method="HEAD") as response:
            return _stamp(response)
    except (_Broken, errors.ImageUnavailable):
        return sources.Stamp()      # not every server knows HEAD; the download itself will say what is wrong


def read(url: str, limit: int, means: sources.Means) -> bytes:
    """Return all of a small file; one larger than ``limit`` bytes is a fault."""
    why = ""
    for attempt in range(means.conf.images.attempts):
        if attempt:
            means.clock.sleep(min(2 ** (attempt - 1), LONGEST_PAUSE))
        content = bytearray()
        try:
            with open_at(url, 0, sources.Stamp(), means) as response:
                for chunk in _chunks(response, means):
                    content += chunk
                    if len(content) > limit:
                        raise errors.ImageTooLarge(source=guard.plain(url), size=f"more than {limit}", room=limit,
                                                   what="what it is used for")
                return bytes(content)
        except _Broken as broken:
            why = str(broken)
    raise errors.ImageUnavailable(source=guard.plain(url), why=why)


@contextlib.contextmanager
def open_at(url: str, offset: int, was: sources.Stamp, means: sources.Means,
            method: str = "GET") -> typing.Iterator[requests.Response]:
    """Lend the answer to a request for ``url`` from ``offset`` on, redirects followed."""
    headers = {}
    if offset and was.known:
        headers = {"Range": f"bytes={offset}-", "If-Range": was.tag or was.changed or ""}
    with means.guard.session() as session:
        for _ in range(MOST_REDIRECTS + 1):
            guard.split(url)
            with _request(session, method, url, headers, means) as response:
                if response.status_code not in REDIRECTS:
                    _judge(response, url)
                    yield response
                    return
                url = urllib.parse.urljoin(url, response.headers.get("Location", ""))
    raise errors.ImageUnavailable(source=guard.plain(url), why=f"more than {MOST_REDIRECTS} redirects")


@contextlib.contextmanager
def _request(session: requests.Session, method: str, url: str, headers: dict[str, str],
             means: sources.Means) -> typing.Iterator[requests.Response]:
    """Send one request and lend its answer."""
    waits = (means.conf.webserver_connection_timeout, means.conf.images.stall_timeout)
    try:
        response = session.request(method, url, headers=headers, stream=True, allow_redirects=False, timeout=waits)
    except requests.exceptions.SSLError as error:
        raise errors.ImageUnavailable(source=guard.plain(url), why=f"TLS failed ({_reason(error)}); "
                                      f"[DEFAULT]webserver_verify_ca is {means.conf.webserver_verify_ca!r}") from None
    except (requests.exceptions.InvalidURL, UnicodeError) as error:
        raise errors.ImageForbidden(source=guard.plain(url), why=f"it is no URL ({_reason(error)})") from None
    except BROKEN as error:
        raise _Broken(_reason(error)) from None
    with contextlib.closing(response):
        yield response


def _judge(response: requests.Response, url: str) -> None:
    """Raise unless the answer brings content."""
    if response.status_code in AGAIN:
        raise _Broken(f"the server answered {response.status_code} {response.reason}")
    if response.status_code not in (200, 206):
        raise errors.ImageUnavailable(source=guard.plain(url),
                                      why=f"the server answered {response.status_code} {response.reason}")


def _continue(response: requests.Response, into: sink.Sink, was: sources.Stamp, url: str) -> sources.Stamp:
    """Make ``into`` ready for what comes: more of the same, or all from the beginning."""
    now = _stamp(response)
    if response.status_code == 206 and into.size:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {into.size}-"):
            into.restart()
            raise _Broken("the server answered a range that was not asked for")
        into.expect(now.size or 0)
        return was
    if into.size:
        into.restart()
    if response.status_code == 206:
        raise errors.ImageUnavailable(source=guard.plain(url), why="the server answered a range that was not asked for")
    into.expect(now.size or 0)
    return now


def _pour(response: requests.Response, into: sink.Sink, now: sources.Stamp, means: sources.Means,
          progress: sources.Progress) -> None:
    """Take all that comes; an end before its time is a try that failed."""
    for chunk in _chunks(response, means):
        into.take(chunk)
        progress(into.size, now.size)
    if now.size is not None and into.size != now.size:
        raise _Broken(f"the server closed the connection after {into.size} of {now.size} bytes")


def _chunks(response: requests.Response, means: sources.Means) -> typing.Iterator[bytes]:
    """Give the content as it comes, raw; a server that gives too little for too long is a try that failed."""
    conf, clock = means.conf.images, means.clock
    since, came = clock.tick(), 0
    while True:
        try:
            chunk = response.raw.read1(PORTION, decode_content=False)
        except BROKEN as error:
            raise _Broken(_reason(error)) from None
        if not chunk:
            return
        yield chunk
        came += len(chunk)
        if clock.tick() - since >= conf.stall_timeout:
            if came < conf.stall_bytes:
                raise _Broken(f"the server is too slow: {came} bytes in {conf.stall_timeout:g} seconds")
            since, came = clock.tick(), 0


def _stamp(response: requests.Response) -> sources.Stamp:
    length = response.headers.get("Content-Length", "")
    tag = response.headers.get("ETag", "")
    return sources.Stamp(int(length) if length.isdecimal() else None,
                         None if tag.startswith("W/") or not tag else tag, response.headers.get("Last-Modified"))


def _reason(error: Exception) -> str:
    """Return what is wrong without URLs and addresses of objects, which requests puts into its texts."""
    told: BaseException = error
    while told.args and isinstance(told.args[0], BaseException):
        told = told.args[0]
    reason = getattr(told, "reason", None)
    told = reason if isinstance(reason, BaseException) else told
    for kind, text in REASONS.items():
        if isinstance(error, kind) or isinstance(told, kind):
            return text
    return type(told).__name__ if "://" in str(told) or " at 0x" in str(told) else f"{type(told).__name__}: {told}"


REASONS: dict[type[BaseException], str] = {
    requests.exceptions.ConnectTimeout: "no connection within [DEFAULT]webserver_connection_timeout",
    requests.exceptions.ReadTimeout: "the server sent nothing within [images]stall_timeout",
    urllib3.exceptions.ReadTimeoutError: "the server sent nothing within [images]stall_timeout",
    urllib3.exceptions.IncompleteRead: "the server closed the connection before the end",
    urllib3.exceptions.NewConnectionError: "no connection: the server refuses it or cannot be reached",
    TimeoutError: "the server sent nothing within [images]stall_timeout",
}
