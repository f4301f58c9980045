"""The layer that bounds request bodies: size before reading, nesting before parsing."""

import io
import re
import typing

from oslo_config import cfg

from baremetal import errors
from baremetal.api import faults

#: end of path: option of [api] that bounds the body there
LIMITS = (("/states/provision", "max_json_body_size_provision"),
          ("/continue_inspection", "max_json_body_size_inspection"))
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def wrap(application: typing.Any, conf: cfg.ConfigOpts) -> typing.Any:
    """Return ``application`` guarded against bodies that are too large or too deep."""
    def wrapped(environ: dict[str, typing.Any], start_response: typing.Any) -> typing.Any:
        if environ.get("CONTENT_LENGTH") not in (None, "", "0") or environ.get("HTTP_TRANSFER_ENCODING"):
            try:
                _bound(environ, conf)
            except errors.Fault as fault:
                text = faults.body(fault)
                start_response(f"{faults.status(fault)} Refused",
                               [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
                return [text]
        return application(environ, start_response)
    return wrapped


def _bound(environ: dict[str, typing.Any], conf: cfg.ConfigOpts) -> None:
    """Raise when the body is beyond the bounds; leave it readable from the beginning otherwise."""
    path = environ.get("PATH_INFO", "").rstrip("/")
    option = next((name for end, name in LIMITS if path.endswith(end)), "max_json_body_size")
    most = conf.api[option] * 1024
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdigit():
        raise errors.Invalid(text=f"Header Content-Length is {length!r}; it must be a number.")
    if int(length) > most:
        raise errors.TooLarge(size=int(length), most=most)
    stream = environ["wsgi.input"]
    text = stream.read(int(length)) if environ.get("CONTENT_LENGTH") else stream.read(most + 1)
    if len(text) > most:
        raise errors.TooLarge(size=len(text), most=most)
    if depth(text, conf.api.max_json_body_depth) > conf.api.max_json_body_depth:
        raise errors.TooDeep(most=conf.api.max_json_body_depth)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(text), str(len(text))


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
