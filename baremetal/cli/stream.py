"""Reads the live events of one node, and comes again when the connection ends, from where it was."""

import collections.abc
import dataclasses
import http.client
import json
import typing
import urllib.error
import urllib.parse
import urllib.request

from baremetal import clock
from baremetal.cli import access

#: seconds without a byte after which a connection is given up; the server says every 15 that it lives
SILENCE = 45.0
#: seconds between two tries to come again: the first, and the longest
AGAIN, LONGEST = 1.0, 15.0
#: seconds for which it is tried
PATIENCE = 300.0
#: bytes of one line of a stream at most
MOST = 2 ** 24
#: answers that will not change by trying again
FINAL = range(400, 500)


@dataclasses.dataclass(frozen=True)
class Event:
    """Something that the server, or the connection to it, tells. The latter have names that begin with a colon."""

    name: str
    data: dict[str, typing.Any]
    ident: str = ""


#: how the service says that it has no such node
OURS = "was not found"
LOST, BACK = ":lost", ":back"


def parse(lines: collections.abc.Iterable[bytes]) -> collections.abc.Iterator[Event]:
    """Yield the events of a stream's lines; comments and what this program does not know are left out."""
    fields: dict[str, str] = {}
    for line in lines:
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text:
            name, _, value = text.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            if "event" in fields and "data" in fields:
                data = json.loads(fields["data"])
                if isinstance(data, dict):
                    yield Event(fields["event"], data, fields.get("id", ""))
            fields = {}


def follow(how: access.Access, node: str, ticker: clock.Clock = clock.REAL) -> collections.abc.Iterator[Event]:
    """Yield what happens to a node, for ever; raises ``access.Wrong`` when that cannot be."""
    path = f"/ops/v1/nodes/{urllib.parse.quote(node, safe='')}/events"
    return follow_path(how, path, node, ticker)


def follow_path(how: access.Access, path: str, node: str = "",
                ticker: clock.Clock = clock.REAL) -> collections.abc.Iterator[Event]:
    """Yield the events of any stream of the API, for ever; ``node`` is named in what is said."""
    last, pause, lost_at, met = "", AGAIN, None, False
    while True:
        wait = None
        try:
            with _open(how, path, last) as answer:
                for event in parse(_lines(answer)):
                    if lost_at is not None:
                        yield Event(BACK, {})
                    last, pause, lost_at, met = event.ident or last, AGAIN, None, True
                    yield event
            why = "the server has ended the stream"
        except urllib.error.HTTPError as error:
            why, wait = _refused(error, node)
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = said(error)
            if not met:
                raise access.Wrong(silent(how, why)) from error
        now = ticker.tick()
        lost_at = now if lost_at is None else lost_at
        if now - lost_at > PATIENCE:
            raise access.Wrong(f"No stream of events could be had for {PATIENCE:.0f} seconds: {why}.")
        yield Event(LOST, {"why": why})
        ticker.sleep(wait or pause)
        pause = min(2 * pause, LONGEST)


def _open(how: access.Access, path: str, last: str) -> http.client.HTTPResponse:
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
    answer: http.client.HTTPResponse = urllib.request.urlopen(how.request(path, headers), timeout=SILENCE)
    if not answer.headers.get("Content-Type", "").startswith("text/event-stream"):
        answer.close()
        raise access.Wrong(f"What answers at {how.url} has no live events; is that this service?")
    return answer


def _lines(answer: http.client.HTTPResponse) -> collections.abc.Iterator[bytes]:
    while line := answer.readline(MOST):
        yield line


def _refused(error: urllib.error.HTTPError, node: str) -> tuple[str, float | None]:
    """Return why the server refuses for now, and for how long; raises what will not change."""
    with error:
        words = message(error.read(2 ** 16)) or error.reason
        if error.code == 401:
            raise access.Wrong(f"The API does not let us in: {words} Look at OS_AUTH_TYPE, OS_USERNAME and "
                               "OS_PASSWORD.")
        if error.code in FINAL:
            words = foreign(error, words) or words
            raise access.Wrong(f"{node}: {words}" if node else str(words))
        after = error.headers.get("Retry-After", "")
        return words, min(float(after), 60.0) if after.isdigit() else None


def message(body: bytes) -> str:
    """Return the sentence of a refusal."""
    try:
        document = json.loads(body)
        inner = document.get("error_message", document)
        inner = json.loads(inner) if isinstance(inner, str) else inner
        found = inner.get("faultstring") or inner.get("description") or inner.get("error", {}).get("message")
    except (ValueError, AttributeError):
        return ""
    return str(found or "")


def silent(how: access.Access, why: str) -> str:
    """Return the sentence for an API that does not answer."""
    secured = " And does it speak https there, not http?" if how.url.startswith("https:") else ""
    return f"The API at {how.url} does not answer: {why}. Is it running there?{secured}"


def foreign(error: urllib.error.HTTPError, words: str) -> str:
    """Return a sentence where what answers has nothing at our path; nothing where it only lacks the node."""
    place = urllib.parse.urlsplit(error.url)
    if error.code != 404 or OURS in words or not place.path.startswith("/ops/"):
        return ""
    return (f"What answers at {place.scheme}://{place.netloc} has no {place.path}: it is another service than "
            "baremetal, or an older one. Look at OS_ENDPOINT.")


def said(error: BaseException) -> str:
    """Return what an exception of the network says."""
    inner = getattr(error, "reason", error)
    return str(getattr(inner, "strerror", None) or inner or type(error).__name__)
