"""Who a Keystone token says somebody is: keystonemiddleware asks, this reads what it has found out.

Its options are the convention's, in [keystone_authtoken]. It refuses nobody; see ``auth.py``.
"""

import collections
import dataclasses
import datetime
import threading
import typing

from keystoneauth1 import exceptions
from keystonemiddleware import auth_token
from oslo_config import cfg

from baremetal import clock, context, errors

SECTION = "keystone_authtoken"
#: in a request's environ: where the middleware looks for a cache
CACHE = "baremetal.tokens"
#: most tokens that are remembered; one is some kilobytes
MOST = 1000
#: in a request's environ: when its token ends, in naive UTC
EXPIRES = "baremetal.token_expires"
#: … and where the middleware leaves what Keystone said of it
SAID = "keystone.token_info"
NEEDED = (f"By [{SECTION}] this service asks Keystone about tokens: it needs auth_type = password, auth_url, username, "
          "password, project_name, user_domain_id, project_domain_id, and www_authenticate_uri for clients.")
#: field of the context: header that the middleware sets
HEADERS = {"user": "HTTP_X_USER_ID", "project": "HTTP_X_PROJECT_ID", "domain": "HTTP_X_DOMAIN_ID",
           "project_name": "HTTP_X_PROJECT_NAME", "project_domain": "HTTP_X_PROJECT_DOMAIN_ID",
           "user_domain": "HTTP_X_USER_DOMAIN_ID"}
ROLES, SYSTEM = "HTTP_X_ROLES", "HTTP_OPENSTACK_SYSTEM_SCOPE"


class Tokens:
    """Asks Keystone who has a token, and remembers that for [keystone_authtoken]token_cache_time seconds."""

    def __init__(self, conf: cfg.ConfigOpts, time: clock.Clock) -> None:
        own = {"oslo_config_config": conf, "delay_auth_decision": False, "cache": CACHE}
        try:
            self._asker = auth_token.AuthProtocol(self._pass, own)
        except (cfg.Error, exceptions.ClientException) as error:
            raise ValueError(f"[{SECTION}] cannot be used: {error}. {NEEDED}") from error
        section = conf[SECTION]
        if not (section.auth_type or section.auth_section):
            raise ValueError(f"[{SECTION}]auth_type is not set. {NEEDED}")
        self._shared = section.memcached_servers
        self._cache = Cache(time)

    def check(self, environ: dict[str, typing.Any]) -> context.Context:
        """Return the request's context with who asks; raises ``Unauthorized`` or ``IdentityAway``."""
        if not self._shared:
            environ[CACHE] = self._cache
        seen: list[tuple[str, list[tuple[str, str]]]] = []
        try:
            self._asker(environ, lambda status, headers, exc_info=None: seen.append((status, headers)))
        except exceptions.ClientException as error:
            raise errors.IdentityAway(name=type(error).__name__) from error
        status, headers = seen[0]
        if status.startswith("401"):
            given = "HTTP_X_AUTH_TOKEN" in environ
            raise errors.Unauthorized(
                why="The token is not valid, or no longer." if given else
                    "Authorization required: give a token of Keystone in the header X-Auth-Token.",
                challenge=next((value for name, value in headers if name.lower() == "www-authenticate"), "Keystone"))
        if not status.startswith("204"):
            raise errors.IdentityAway(name=status)
        environ[EXPIRES] = _expires(environ)
        facts = {field: environ.get(header) or None for field, header in HEADERS.items()}
        return dataclasses.replace(
            environ["baremetal.context"], **facts, system=environ.get(SYSTEM) == "all",
            roles=tuple(role.strip().lower() for role in environ.get(ROLES, "").split(",") if role.strip()))

    @staticmethod
    def _pass(_environ: dict[str, typing.Any], start_response: typing.Any) -> list[bytes]:
        """Take the place of the application: what the middleware found out stands in the environ then."""
        start_response("204 No Content", [])
        return []


def _expires(environ: dict[str, typing.Any]) -> datetime.datetime:
    """Return when the token ends that the middleware has let in."""
    moment = datetime.datetime.fromisoformat(environ[SAID]["token"]["expires_at"])
    return moment.astimezone(datetime.UTC).replace(tzinfo=None)


class Cache:
    """What Keystone said of tokens, under keys that are hashes of them; shared by all threads of a process."""

    def __init__(self, time: clock.Clock) -> None:
        self._time, self._lock = time, threading.Lock()
        self._kept: collections.OrderedDict[str, tuple[float, bytes]] = collections.OrderedDict()

    def get(self, key: str) -> bytes | None:
        """Return what was said, unless that was too long ago."""
        with self._lock:
            until, said = self._kept.get(key, (float("-inf"), None))
        return said if self._time.tick() < until else None

    def set(self, key: str, value: bytes, time: int = 0) -> None:
        """Remember what was said for ``time`` seconds; the oldest goes when there are too many."""
        with self._lock:
            self._kept[key] = self._time.tick() + time, value
            self._kept.move_to_end(key)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
