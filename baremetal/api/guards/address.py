"""The layer that lets only addresses through that are text: the path and the query as UTF-8, without NUL."""

import typing
import urllib.parse

from baremetal import errors
from baremetal.api.guards import refusal


def wrap(application: typing.Any) -> typing.Any:
    """Return ``application`` guarded against addresses that are no text."""
    def wrapped(environ: dict[str, typing.Any], start_response: typing.Any) -> typing.Any:
        try:
            _check("path", environ.get("PATH_INFO", "").encode("latin-1"))
            query = environ.get("QUERY_STRING", "")
            if "%" in query or not query.isascii():
                _check("query", urllib.parse.unquote_to_bytes(query.encode("latin-1", "replace")))
        except errors.Invalid as fault:
            return refusal.refuse(start_response, fault)
        return application(environ, start_response)
    return wrapped


def _check(what: str, raw: bytes) -> None:
    """Raise ``Invalid`` unless ``raw`` is text that every database can hold."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise errors.Invalid(text=f"The {what} of the request is not UTF-8. Write other characters than ASCII as "
                                  "%-escapes of their UTF-8 bytes.") from None
    if "\0" in text:
        raise errors.Invalid(text=f"The {what} of the request has a NUL character (%00); leave it out.")
