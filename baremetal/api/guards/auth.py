"""The layer that finds out who asks: nobody in particular (noauth), a user of an htpasswd file (http_basic), or whom
a token of Keystone names (keystone).

It refuses nobody: a request without credentials, or with wrong ones, goes on as anonymous with the fault beside it,
since discovery documents are open to everybody. The application raises the fault where credentials are needed.
"""

import base64
import dataclasses
import hashlib
import hmac
import logging
import os
import re
import threading
import typing

import bcrypt
from oslo_config import cfg

from baremetal import clock, context, errors
from baremetal.api.guards import keystone

LOG = logging.getLogger(__name__)

#: a bcrypt entry; other kinds of htpasswd entry are refused
_BCRYPT = re.compile(r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}\Z")
#: in a request's environ: the fault that says why it has nobody's name on it
ANONYMOUS = "baremetal.anonymous"
#: what a wrong user and a wrong password both get
WRONG = "Incorrect user name or password."
#: most checked passwords that are remembered
MOST = 1000


def wrap(application: typing.Any, conf: cfg.ConfigOpts, time: clock.Clock) -> typing.Any:
    """Return ``application`` behind the strategy that the conf names."""
    return STRATEGIES[conf.auth_strategy](application, conf, time)


def _noauth(application: typing.Any, conf: cfg.ConfigOpts, time: clock.Clock) -> typing.Any:
    def wrapped(environ: dict[str, typing.Any], start_response: typing.Any) -> typing.Any:
        environ["baremetal.context"] = dataclasses.replace(
            environ["baremetal.context"], user="noauth", roles=context.OPERATOR, system=True)
        return application(environ, start_response)
    return wrapped


def _http_basic(application: typing.Any, conf: cfg.ConfigOpts, time: clock.Clock) -> typing.Any:
    users = Users(conf.http_basic_auth_user_file, conf.api.auth_cache_seconds, time)

    def wrapped(environ: dict[str, typing.Any], start_response: typing.Any) -> typing.Any:
        try:
            user = users.check(environ.get("HTTP_AUTHORIZATION"))
        except (errors.Unauthorized, errors.BadCredentials) as fault:
            environ[ANONYMOUS] = fault
        else:
            environ["baremetal.context"] = dataclasses.replace(
                environ["baremetal.context"], user=user, roles=context.OPERATOR, system=True)
        return application(environ, start_response)
    return wrapped


def _keystone(application: typing.Any, conf: cfg.ConfigOpts, time: clock.Clock) -> typing.Any:
    tokens = keystone.Tokens(conf, time)

    def wrapped(environ: dict[str, typing.Any], start_response: typing.Any) -> typing.Any:
        try:
            environ["baremetal.context"] = tokens.check(environ)
        except (errors.Unauthorized, errors.IdentityAway) as fault:
            environ[ANONYMOUS] = fault
        return application(environ, start_response)
    return wrapped


STRATEGIES = {"noauth": _noauth, "http_basic": _http_basic, "keystone": _keystone}


class Users:
    """The users of an htpasswd file. A checked password is remembered as a keyed hash that dies with the process."""

    def __init__(self, path: str, remember: int, time: clock.Clock) -> None:
        self._path, self._remember, self._time = path, remember, time
        self._key = os.urandom(32)
        self._checked: dict[bytes, float] = {}
        self._lock = threading.Lock()
        self._entries: dict[str, str] = {}
        self._stamp: tuple[int, int] = (0, 0)
        self._trouble = ""
        self._load()

    def check(self, header: str | None) -> str:
        """Return the user that an Authorization header proves; raises ``Unauthorized`` or ``BadCredentials``."""
        if header is None:
            raise errors.Unauthorized(why="Authorization required: give user and password (HTTP basic).")
        user, password = _credentials(header)
        self._renew()
        entry = self._entries.get(user)
        if entry is None:
            # as slow as a wrong password, so that user names cannot be guessed by time
            bcrypt.checkpw(b"x", _NOBODY)
            raise errors.Unauthorized(why=WRONG)
        proof = hmac.new(self._key, f"{user}\0{password}\0{entry}".encode(), hashlib.sha256).digest()
        now = self._time.tick()
        if self._checked.get(proof, float("-inf")) < now - self._remember:
            if not _matches(password, entry):
                raise errors.Unauthorized(why=WRONG)
            with self._lock:
                if len(self._checked) >= MOST:
                    self._checked.clear()
                self._checked[proof] = now
        return user

    def _renew(self) -> None:
        """Read the file if it has changed; while it is broken or gone, those who were known stay known."""
        try:
            self._load()
        except (OSError, ValueError) as error:
            if str(error) != self._trouble:
                LOG.error("The users known so far stay valid: %s", error)
            self._trouble = str(error)
        else:
            self._trouble = ""

    def _load(self) -> None:
        """Read the file when it is new or changed; a broken one is named with line and remedy."""
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            raise ValueError(f"[DEFAULT]http_basic_auth_user_file is {self._path!r}; there is no such file. Make one "
                             "with: htpasswd -B -c FILE USER") from None
        stamp = (found.st_mtime_ns, found.st_size)
        if stamp == self._stamp:
            return
        with open(self._path, encoding="utf-8") as lines:
            entries = dict(_entry(self._path, number, line.strip()) for number, line in enumerate(lines, 1)
                           if line.strip() and not line.startswith("#"))
        self._entries, self._stamp = entries, stamp


def _entry(path: str, number: int, line: str) -> tuple[str, str]:
    user, _, entry = line.partition(":")
    if not user or not _BCRYPT.match(entry):
        raise ValueError(f"Line {number} of {path} is no bcrypt entry (user:$2y$…); make it with: "
                         f"htpasswd -B {path} USER")
    return user, entry


def _matches(password: str, entry: str) -> bool:
    """Return whether a password fits a bcrypt entry; one that bcrypt cannot take fits none."""
    try:
        return bcrypt.checkpw(password.encode()[:72], entry.encode())
    except ValueError:
        return False


def _credentials(header: str) -> tuple[str, str]:
    """Return user and password of a Basic header."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        raise errors.BadCredentials(why=f"Authorization scheme {scheme[:20]!r} is not supported; use HTTP basic.")
    try:
        user, colon, password = base64.b64decode(token.strip(), validate=True).decode().partition(":")
    except ValueError:
        # no base64, or no text in it
        colon = ""
    if not colon:
        raise errors.BadCredentials(why="The Authorization header is malformed; it must be 'Basic' and base64 of "
                                        "user:password.")
    return user, password


_NOBODY = bcrypt.hashpw(b"nobody", bcrypt.gensalt(rounds=10))
