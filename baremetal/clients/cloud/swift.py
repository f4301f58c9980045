"""Swift: objects that are put, read and thrown away, and temporary URLs for who has no credentials, such as agents."""

import hashlib
import hmac
import secrets
import urllib.parse

from oslo_config import cfg

from baremetal import clock, errors
from baremetal.clients.cloud import door

KEY = "X-Account-Meta-Temp-URL-Key"


class Swift:
    """The client. Every method blocks and may be called by many threads; all may be repeated."""

    def __init__(self, way: door.Door, conf: cfg.ConfigOpts, ticker: clock.Clock = clock.REAL) -> None:
        self.door, self._conf, self._clock = way, conf, ticker

    def put(self, container: str, name: str, content: bytes, seconds: int | None = None) -> None:
        """Store an object, thrown away by itself after so many seconds; the container is made where it is not there."""
        self.door.send("PUT", _path(container))
        headers = {"X-Delete-After": str(seconds)} if seconds else {}
        self.door.send("PUT", _path(container, name), data=content, headers=headers)

    def get(self, container: str, name: str) -> bytes:
        """Return an object."""
        return self.door.send("GET", _path(container, name)).content

    def delete(self, container: str, name: str) -> None:
        """Throw an object away; one that is not there is none to be thrown away."""
        try:
            self.door.send("DELETE", _path(container, name))
        except errors.NeighbourLacks:
            return

    def temporary(self, container: str, name: str, seconds: int) -> str:
        """Return the URL under which anybody may get an object of our account for so many seconds."""
        parts = urllib.parse.urlsplit(self.door.endpoint())
        return f"{parts.scheme}://{parts.netloc}" + sign(
            self._key(), f"{parts.path}{_path(container, name)}", int(self._clock.now().timestamp()) + seconds)

    def image(self, ident: str) -> str:
        """Return the temporary URL of an image that Glance keeps in Swift."""
        glance = self._conf.glance
        if glance.swift_endpoint_url:
            base = str(glance.swift_endpoint_url).rstrip("/")
        else:
            parts = urllib.parse.urlsplit(self.door.endpoint())
            base = f"{parts.scheme}://{parts.netloc}"
        account = glance.swift_account or f"{glance.swift_account_prefix}_{self.door.project()}"
        container = glance.swift_container + _seeded(ident, glance.swift_store_multiple_containers_seed)
        prefix = urllib.parse.urlsplit(base).path
        path = f"{prefix}/{glance.swift_api_version}/{account}{_path(container, ident)}"
        expires = int(self._clock.now().timestamp()) + glance.swift_temp_url_duration
        return base.removesuffix(prefix) + sign(glance.swift_temp_url_key or self._key(), path, expires)

    def _key(self) -> str:
        """Return the account's key of temporary URLs; an account without one is given one."""
        found = self.door.send("HEAD", "").headers.get(KEY)
        if found:
            return str(found)
        self.door.send("POST", "", headers={KEY: secrets.token_hex(32)})
        # what is there now counts: somebody else may have been quicker
        found = self.door.send("HEAD", "").headers.get(KEY)
        if not found:
            raise errors.NeighbourRefuses(service="swift", why="the account shows no key of temporary URLs; our role "
                                          "there must be one that may read and set it")
        return str(found)


def sign(key: str, path: str, expires: int, method: str = "GET") -> str:
    """Return ``path`` with the query that lets ``method`` through until ``expires``, in seconds since 1970.

    The formula is Swift's own (its documentation, "Temporary URL middleware"): HMAC-SHA256 under the account's key of
    method, expiry and path (from /v1 on), each on a line of its own, in hexadecimal digits.
    """
    text = f"{method}\n{expires}\n{urllib.parse.unquote(path)}"
    digits = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{path}?temp_url_sig={digits}&temp_url_expires={expires}"


def _path(*names: str) -> str:
    return "".join("/" + urllib.parse.quote(name, safe="") for name in names)


def _seeded(ident: str, digits: int) -> str:
    """Return the end of a container's name as Glance makes it: so many digits of the id, with its dashes."""
    if not digits:
        return ""
    return "_" + ident[:digits + ident[:digits].count("-")].lower()


