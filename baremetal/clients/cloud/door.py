"""The way to one service: who we are there, where it is, one request at a time, its refusals as our faults.

Safe to use from many threads: keystoneauth guards its token, connections are kept in one pool of a session.
"""

import contextlib
import re
import threading
import typing

import requests
from keystoneauth1 import adapter, exceptions, loading
from oslo_config import cfg

from baremetal import errors

Json = dict[str, typing.Any]

#: section: the version that its paths begin with; None is what the catalog says
VERSIONS: dict[str, str | None] = {"glance": "v2", "neutron": "v2.0", "cinder": "v3", "swift": None,
                                   "service_catalog": None}
#: way to log in: what it needs, of each group one
NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "password": (("auth_url",), ("username", "user_id"), ("password",)),
    "v3password": (("auth_url",), ("username", "user_id"), ("password",)),
    "v3applicationcredential": (("auth_url",), ("application_credential_id", "application_credential_name"),
                                ("application_credential_secret",)),
    "none": (("endpoint_override",),),
    "noauth": (("endpoint_override",),),
    "http_basic": (("endpoint_override",), ("username",), ("password",)),
}
#: methods that may not be sent twice when nobody knows whether the first one arrived
ONCE = ("POST", "PATCH")
LONGEST = 300
#: what keystoneauth raises, the narrower first: our fault. Its root ends the table, so that nothing falls through.
# fmt: off
FAULTS: tuple[tuple[type[Exception], type[errors.NeighbourFault]], ...] = (
    (exceptions.NotFound,                 errors.NeighbourLacks),
    (exceptions.Conflict,                 errors.NeighbourConflict),
    (exceptions.Unauthorized,             errors.NeighbourRefuses),
    (exceptions.HttpServerError,          errors.NeighbourUnavailable),
    (exceptions.RequestTimeout,           errors.NeighbourUnavailable),
    (exceptions.HttpError,                errors.NeighbourRefuses),
    (exceptions.ConnectionError,          errors.NeighbourUnavailable),
    (exceptions.CatalogException,         errors.NeighbourNotConfigured),
    (exceptions.AuthPluginException,      errors.NeighbourNotConfigured),
    (exceptions.AuthorizationFailure,     errors.NeighbourRefuses),
    (exceptions.ClientException,          errors.NeighbourUnavailable),
    (requests.exceptions.RequestException, errors.NeighbourUnavailable),
)
# fmt: on


class Door:
    """One service, by the section of the configuration that is about it."""

    def __init__(self, conf: cfg.ConfigOpts, service: str) -> None:
        self._conf, self.service = conf, service
        self._lock = threading.Lock()
        self._adapter: adapter.Adapter | None = None

    def missing(self) -> list[str]:
        """Return the options that must be set before it can be used, as [section]option; nobody is asked."""
        section = self._conf[self.service]
        if section.auth_section:
            return []       # what is needed stands in a section that keystoneauth reads itself
        if not section.auth_type:
            return [f"[{self.service}]auth_type"]
        return [f"[{self.service}]{' or '.join(group)}" for group in NEEDS.get(section.auth_type, ())
                if not any(self._given(option) for option in group)]

    def check(self) -> None:
        """Raise, naming the options, when it cannot be used; connects to nobody."""
        if missing := self.missing():
            raise errors.NeighbourNotConfigured(service=self.service, why=f"{', '.join(missing)} must be set")

    def ask(self, method: str, path: str, *, body: Json | None = None, **options: typing.Any) -> Json:
        """Send one request and return the JSON of its answer, {} where it has none. Blocks, within bounds."""
        answer = self.send(method, path, **({"json": body} if body is not None else {}), **options)
        if not answer.content:
            return {}
        try:
            found = answer.json()
        except ValueError:
            raise errors.NeighbourUnavailable(service=self.service,
                                              why=f"it answered {method} {path} with what is no JSON") from None
        return found if isinstance(found, dict) else {"items": found}

    def send(self, method: str, path: str, **options: typing.Any) -> requests.Response:
        """Send one request and return its answer; one that is no success is a fault."""
        if method in ONCE:
            options.setdefault("connect_retries", 0)
        with self.translated(f"{method} {path}"):
            answer = self._made().request(f"{self.endpoint()}{path}", method, **options)
        return answer

    def endpoint(self) -> str:
        """Return its URL with the version and without a slash at the end. May ask Keystone for its catalog."""
        with self.translated("looking for its URL"):
            found = self._made().get_endpoint()
        if not found:
            raise errors.NeighbourNotConfigured(service=self.service, why="the catalog has no such service for "
                                                f"[{self.service}]valid_interfaces and region_name, and "
                                                "endpoint_override is not set")
        url, version = str(found).rstrip("/"), VERSIONS[self.service]
        return url if version is None or re.search(rf"/{re.escape(version)}(/|$)", url) else f"{url}/{version}"

    def project(self) -> str:
        """Return the id of the project that we are logged in to."""
        with self.translated("logging in"):
            found = self._made().get_project_id()
        if not found:
            raise errors.NeighbourNotConfigured(service=self.service, why=f"[{self.service}]project_name must be set")
        return str(found)

    @contextlib.contextmanager
    def translated(self, doing: str) -> typing.Iterator[None]:
        """Turn what keystoneauth and requests raise within into faults of ours."""
        try:
            yield
        except tuple(kind for kind, _ in FAULTS) as error:
            fault = next(fault for kind, fault in FAULTS if isinstance(error, kind))
            raise fault(service=self.service, why=f"{doing}: {_words(error)}") from None

    def _made(self) -> adapter.Adapter:
        """Return keystoneauth's adapter, made at the first use."""
        with self._lock:
            if self._adapter is None:
                self.check()
                with self.translated("logging in"):
                    auth = loading.load_auth_from_conf_options(self._conf, self.service)
                    session = loading.load_session_from_conf_options(self._conf, self.service, auth=auth)
                    self._adapter = loading.load_adapter_from_conf_options(
                        self._conf, self.service, session=session, auth=auth)
            return self._adapter

    def _given(self, option: str) -> bool:
        """Whether an option has a value; one that only keystoneauth knows is looked for by it."""
        section = self._conf[self.service]
        if option not in section:
            self._conf.register_opts(loading.get_auth_plugin_conf_options(section.auth_type), self.service)
        return bool(section[option])


def _words(error: Exception) -> str:
    """Return what a service said, short; a broken connection without URLs and addresses of objects."""
    if isinstance(error, exceptions.HttpError):
        return f"{error.http_status} {_told(error.response) or error.message}"[:LONGEST]
    if isinstance(error, exceptions.ConnectTimeout | requests.exceptions.Timeout):
        return "no answer within the timeout"
    if isinstance(error, exceptions.ConnectionError | requests.exceptions.RequestException):
        return f"no connection ({type(error).__name__})"
    return str(error)[:LONGEST]


def _told(answer: requests.Response | None) -> str | None:
    """Return the sentence in a refusal: OpenStack's services put it below one key, whose name differs, or on top."""
    try:
        body = answer.json() if answer is not None else None
    except ValueError:
        return None
    places = [body, *body.values()] if isinstance(body, dict) else []
    texts = [place.get("message") for place in places if isinstance(place, dict)]
    return next((text for text in texts if isinstance(text, str) and text), None)
