"""http_basic: every form of header, right and wrong; the file that changes, breaks and goes while it is used."""

import base64
import json
import logging
import pathlib
from typing import Any

import bcrypt
import pytest

from baremetal import clock, config, context, errors
from baremetal.api import faults
from baremetal.api.guards import auth

PASSWORD = "correct: horse"
ENTRY = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


def basic(text: str | bytes) -> str:
    """A Basic header of this user:password."""
    return "Basic " + base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "htpasswd"
    path.write_text(f"# who may\nalice:{ENTRY}\n\nbob:{ENTRY}\n")
    return path


RIGHT = basic(f"alice:{PASSWORD}")

# fmt: off
CASES = [
    # name                        header                                          status
    ("right",                     RIGHT,                                          200),
    ("right, scheme in capitals", RIGHT.replace("Basic", "BASIC"),                200),
    ("right, more space",         RIGHT.replace(" ", "   "),                      200),
    ("nobody at all",             None,                                           401),
    ("wrong password",            basic("alice:wrong"),                           401),
    ("no password",               basic("alice:"),                                401),
    ("unknown user",              basic(f"eve:{PASSWORD}"),                       401),
    ("no user",                   basic(f":{PASSWORD}"),                          401),
    ("no colon",                  basic("alice"),                                 400),
    ("empty",                     "",                                             400),
    ("only a scheme",             "Basic",                                        400),
    ("another scheme",            "Bearer abc",                                   400),
    ("no base64",                 "Basic §§§",                                    400),
    ("characters beyond base64",  "Basic ****",                                   400),
    ("base64 cut off",            RIGHT[:-3],                                     400),
    ("not UTF-8",                 basic(b"alice:\xff\xfe"),                       400),
    ("NUL in it",                 basic("alice:\0"),                              401),
    ("password of a megabyte",    basic("alice:" + "x" * 2 ** 20),                401),
    ("entry as password",         basic(f"alice:{ENTRY}"),                        401),
    ("line break in the user",    basic(f"alice\nbob:{PASSWORD}"),                401),
]
# fmt: on


def send(path: pathlib.Path, header: str | None) -> dict[str, Any]:
    """Send a request through the guard; return what the application behind it sees."""
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        seen.update(environ)
        return []
    conf = config.build(state_path=str(path.parent), auth_strategy="http_basic", http_basic_auth_user_file=str(path))
    environ: dict[str, Any] = {"baremetal.context": context.Context()}
    if header is not None:
        environ["HTTP_AUTHORIZATION"] = header
    auth.wrap(application, conf, clock.REAL)(environ, None)
    return seen


@pytest.mark.parametrize(("header", "status"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_headers(file: pathlib.Path, header: str | None, status: int) -> None:
    seen = send(file, header)
    if status == 200:
        assert seen["baremetal.context"].user == "alice" and auth.ANONYMOUS not in seen
        return
    fault = seen[auth.ANONYMOUS]
    text = faults.body(fault)
    assert faults.status(fault) == json.loads(text)["error"]["code"] == status
    assert ("WWW-Authenticate" in dict(faults.headers(fault))) == (status == 401)
    assert PASSWORD.encode() not in text and ENTRY.encode() not in text
    assert seen["baremetal.context"].user is None and not seen["baremetal.context"].roles


@pytest.mark.parametrize("line", [
    "alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "alice:$apr1$x$y", "alice:plain", "alice", ":" + ENTRY,
    "alice:" + ENTRY[:-1], "alice:$2y$xx" + ENTRY[6:]])
def test_other_entries_are_refused_at_start(tmp_path: pathlib.Path, line: str) -> None:
    path = tmp_path / "htpasswd"
    path.write_text(f"bob:{ENTRY}\n{line}\n")
    with pytest.raises(ValueError, match=r"Line 2 .* no bcrypt entry .* htpasswd -B"):
        auth.Users(str(path), 300, clock.REAL)


def test_an_absent_file_is_named_at_start(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match="http_basic_auth_user_file .* no such file"):
        auth.Users(str(tmp_path / "absent"), 300, clock.REAL)


def test_a_changed_file_is_obeyed_at_once(file: pathlib.Path) -> None:
    users = auth.Users(str(file), 300, clock.REAL)
    assert users.check(RIGHT) == "alice"
    file.write_text(f"bob:{ENTRY}\n")
    with pytest.raises(errors.Unauthorized):
        users.check(RIGHT)


@pytest.mark.parametrize("breaks", ["gone", "broken"])
def test_while_the_file_is_broken_the_known_stay_known(
        file: pathlib.Path, breaks: str, caplog: pytest.LogCaptureFixture) -> None:
    users = auth.Users(str(file), 300, clock.REAL)
    if breaks == "gone":
        file.unlink()
    else:
        file.write_text("alice:oops\n")
    with caplog.at_level(logging.ERROR):
        assert users.check(RIGHT) == "alice"
        assert users.check(RIGHT) == "alice"
    assert len(caplog.records) == 1 and "htpasswd" in caplog.text


def test_a_checked_password_is_remembered_for_a_while_and_not_in_clear(file: pathlib.Path) -> None:
    moved = clock.MovedClock()
    users = auth.Users(str(file), 10, moved)
    users.check(RIGHT)
    assert PASSWORD not in repr(vars(users))
    users._entries["alice"] = "$2b$04$" + "x" * 53      # a password that is remembered is not computed again
    with pytest.raises(errors.Unauthorized):
        users.check(RIGHT)
