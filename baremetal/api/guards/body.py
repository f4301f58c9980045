"""The layer that bounds request bodies: size before reading, nesting before parsing."""

import collections.abc
import io
import re
import typing

from oslo_config import cfg

from baremetal import errors
from baremetal.api.guards import auth, refusal

#: end of path: option of [api] that bounds the body there
LIMITS = (("/states/provision", "max_json_body_size_provision"),
          ("/continue_inspection", "max_json_body_size_inspection"))
#: digits of the longest Content-Length that is read as a number
MOST_DIGITS = 18
# possessive, and content with a string that does not end: linear in the length of whatever is sent
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?|[\[\]{}]', re.DOTALL)


def wrap(application: typing.Any, conf: cfg.ConfigOpts,
         is_open: collections.abc.Callable[[str], bool]) -> typing.Any:
    """Return ``application`` guarded against bodies that are too large or too deep.

    ``is_open`` says of a path whether anybody may come there without credentials.
    """
    def wrapped(environ: dict[str, typing.Any], start_response: typing.Any) -> typing.Any:
        # who may not come in is not listened to; the application refuses it
        anonymous = auth.ANONYMOUS in environ and not is_open(environ.get("PATH_INFO", ""))
        if not anonymous and (environ.get("CONTENT_LENGTH") not in (None, "", "0")
                              or environ.get("HTTP_TRANSFER_ENCODING")):
            try:
                _bound(environ, conf)
            except errors.Fault as fault:
                return refusal.refuse(start_response, fault)
        return application(environ, start_response)
    return wrapped


def _bound(environ: dict[str, typing.Any], conf: cfg.ConfigOpts) -> None:
    """Raise when the body is beyond the bounds; leave it readable from the beginning otherwise."""
    path = environ.get("PATH_INFO", "").rstrip("/")
    option = next((name for end, name in LIMITS if path.endswith(end)), "max_json_body_size")
    most = conf.api[option] * 1024
    text = _read(environ, most)
    if len(text) > most:
        raise errors.TooLarge(size=len(text), most=most)
    if depth(text, conf.api.max_json_body_depth) > conf.api.max_json_body_depth:
        raise errors.TooDeep(most=conf.api.max_json_body_depth)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(text), str(len(text))
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def _read(environ: dict[str, typing.Any], most: int) -> bytes:
    """Return the body, or the beginning of one that is too large; raises for one that is not as it is announced."""
    stream, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH") or "0"
    if environ.get("HTTP_TRANSFER_ENCODING"):
        # a length beside chunks means nothing
        try:
            return bytes(stream.read(most + 1))
        except (ValueError, OSError) as error:
            raise errors.Invalid(text=f"The chunks of the request body are malformed ({error}).") from error
    if not (length.isascii() and length.isdigit()) or len(length) > MOST_DIGITS:
        raise errors.Invalid(text=f"Header Content-Length is {length[:40]!r}; it must be a number of bytes.")
    if int(length) > most:
        raise errors.TooLarge(size=int(length), most=most)
    text = bytes(stream.read(int(length)))
    if len(text) < int(length):
        raise errors.Invalid(text=f"The request body ended after {len(text)} of {length} bytes.")
    return text


def depth(text: bytes, most: int) -> int:
    """Return the nesting of JSON text without parsing it; counting stops one beyond ``most``."""
    if text.count(b"{") + text.count(b"[") <= most:
        return 0
    deepest = level = 0
    for token in _TOKENS.finditer(text):
        first = text[token.start()]
        if first in b"[{":
            level += 1
            deepest = max(deepest, level)
            if deepest > most:
                break
        elif first in b"]}":
            level -= 1
    return deepest
