"""The guard of request bodies: size, nesting, and bodies that are not as they are announced."""

import io
import json
import time
from typing import Any

import pytest

from baremetal import config
from baremetal.api.guards import body

KIB = 1024


def send(data: bytes, **environ: Any) -> tuple[int, bytes, bytes]:
    """Send a body through the guard: status, what the application behind it read, what was answered."""
    seen: dict[str, Any] = {"status": 200, "read": b""}

    def application(given: dict[str, Any], start: Any) -> list[bytes]:
        seen["read"] = given["wsgi.input"].read()
        return []

    def start(status: str, _headers: Any) -> None:
        seen["status"] = int(status.split()[0])
    conf = config.build(state_path="/nowhere", api__max_json_body_size=1, api__max_json_body_depth=5)
    sent = {"CONTENT_LENGTH": str(len(data)), "PATH_INFO": "/v1/nodes", "wsgi.input": io.BytesIO(data), **environ}
    guarded = body.wrap(application, conf, lambda _path: False)
    answered = b"".join(guarded({k: v for k, v in sent.items() if v is not None}, start))
    return seen["status"], seen["read"], answered


def nest(levels: int, opening: str = "[", closing: str = "]") -> bytes:
    """A document of that many levels."""
    return (opening * levels + closing * levels).encode()


CHUNKED = {"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "chunked"}
PROVISION = {"PATH_INFO": "/v1/nodes/x/states/provision"}
SLASHED = {"PATH_INFO": "/v1/nodes/x/states/provision/"}

# fmt: off
CASES = [
    # name                             status  body                              headers
    ("plain",                          200,    b'{"a": 1}',                      {}),
    ("empty",                          200,    b"",                              {}),
    ("as large as may be",             200,    b" " * KIB,                       {}),
    ("too large",                      413,    b" " * (KIB + 1),                 {}),
    ("too large, more than there is",  413,    b"{}",                            {"CONTENT_LENGTH": "99999999999"}),
    ("ended early",                    400,    b"{}",                            {"CONTENT_LENGTH": "100"}),
    ("length that is no number",       400,    b"{}",                            {"CONTENT_LENGTH": "two"}),
    ("negative length",                400,    b"{}",                            {"CONTENT_LENGTH": "-1"}),
    ("length in foreign digits",       400,    b"{}",                            {"CONTENT_LENGTH": "²"}),
    ("length of many digits",          400,    b"{}",                            {"CONTENT_LENGTH": "9" * 5000}),
    ("in chunks",                      200,    b'{"a": 1}',                      CHUNKED),
    ("too large in chunks",            413,    b" " * 2 * KIB,                   CHUNKED),
    ("chunks beside a small length",   413,    b" " * 2 * KIB,                   {**CHUNKED, "CONTENT_LENGTH": "2"}),
    ("as deep as may be",              200,    nest(5),                          {}),
    ("too deep",                       400,    nest(6),                          {}),
    ("too deep in objects",            400,    nest(6, '{"a":', "}"),            {}),
    ("brackets in a string",           200,    json.dumps(["[" * 20]).encode(),  {}),
    ("brackets after an escape",       200,    b'["\\"[[[[[[[["]',               {}),
    ("deep behind a string",           400,    b'["\\\\", ' + nest(6) + b"]",    {}),
    ("only closing",                   200,    b"]" * 50,                        {}),
    ("larger where config drives go",  200,    b" " * 2 * KIB,                   PROVISION),
    ("larger, with a slash behind",    200,    b" " * 2 * KIB,                   SLASHED),
]
# fmt: on


@pytest.mark.parametrize(("status", "data", "headers"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_bodies_are_bounded(status: int, data: bytes, headers: dict[str, Any]) -> None:
    got, read, answered = send(data, **headers)
    assert got == status, answered
    assert read == (data if status == 200 else b"")
    if status != 200:
        assert set(json.loads(answered)) == {"faultcode", "faultstring"} or "error_message" in json.loads(answered)


def test_a_string_without_end_is_looked_at_once() -> None:
    for text in (b'[[[[[["' + b'\\"' * 300_000, b"[[[[[[" + b'"' * 300_001, b'[[[[[["' + b"\\" * 300_001):
        before = time.process_time()
        body.depth(text, 25)
        body.depth(text, 3)
        assert time.process_time() - before < 2.0


def test_who_may_not_come_in_is_not_listened_to() -> None:
    class Silence(io.BytesIO):
        def read(self, *_args: Any) -> bytes:
            raise AssertionError("the body was read")
    conf = config.build(state_path="/nowhere")
    environ = {"CONTENT_LENGTH": "5", "PATH_INFO": "/v1/nodes", "wsgi.input": Silence(), "baremetal.anonymous": "why"}
    assert body.wrap(lambda _environ, _start: [b"refused"], conf, lambda _path: False)(environ, None) == [b"refused"]
