"""Which URLs may be fetched. A request made through ``Guard.session`` connects to the very address that was judged.

A user names the URL and the conductor's network position fetches it: without this, an image source would read whatever
only the conductor reaches (metadata services, its own API). Private networks are allowed: image servers live there.
"""

import collections.abc
import contextlib
import ipaddress
import socket
import typing
import urllib.parse

import requests
import requests.adapters
import urllib3.connection
import urllib3.connectionpool
import urllib3.exceptions
from oslo_config import cfg

from baremetal import errors

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Places = collections.abc.Sequence[tuple[int, tuple[typing.Any, ...]]]

SCHEMES = ("http", "https")
PORTS = {"http": 80, "https": 443}
BROADCAST = ipaddress.ip_address("255.255.255.255")
#: networks whose last four bytes are an IPv4 address that the packet ends up at
CARRIERS = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))


def plain(url: str) -> str:
    """Return ``url`` as it may be logged and shown: without user, password and query, which carry signatures."""
    try:
        parts = urllib.parse.urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "(not a URL)"
    shown = urllib.parse.urlunsplit((parts.scheme, place, parts.path, "…" if parts.query else "", ""))
    return "".join(char if char.isprintable() else "?" for char in shown)[:400]


class Guard:
    """The rules of one configuration."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.conf = conf
        self.allowed = [_network(text) for text in conf.images.allowed_networks]

    def check(self, url: str) -> None:
        """Refuse a URL that is none, has another scheme, or names a host at a forbidden address. Resolves names."""
        parts = split(url)
        assert parts.hostname is not None
        self.addresses(parts.hostname, parts.port or PORTS[parts.scheme], plain(url))

    def addresses(self, host: str, port: int, source: str) -> Places:
        """Return the (family, socket address) pairs of ``host`` that may be connected to; none is a fault."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise errors.ImageUnavailable(source=source, why=f"host {host} is unknown ({error})") from None
        good = [(family, place) for family, _, _, _, place in found if not self.objection(str(place[0]))]
        if not good:
            known = str(found[0][4][0])
            named = host if host == known else f"{host} is {known},"
            raise errors.ImageForbidden(source=source, why=f"{named} {'is ' * (host == known)}{self.objection(known)}; "
                                                           "an operator may allow it in [images]allowed_networks")
        return good

    def objection(self, text: str) -> str | None:
        """Return what kind of address ``text`` is that nobody may fetch from; None when it may be."""
        address = ipaddress.ip_address(text.partition("%")[0])
        inner = _inside(address)
        if any(one in network for network in self.allowed for one in (address, inner)):
            return None
        for kind, is_so in KINDS.items():
            if is_so(inner) or is_so(address):
                return kind
        return None

    @contextlib.contextmanager
    def session(self) -> typing.Iterator[requests.Session]:
        """Lend a session that connects only to addresses allowed here and uses no proxy."""
        with requests.Session() as session:
            session.trust_env = False       # a proxy or a .netrc would go round the guard
            session.verify = VERIFY.get(self.conf.webserver_verify_ca.lower(), self.conf.webserver_verify_ca)
            session.headers["Accept-Encoding"] = "identity"
            for scheme in SCHEMES:
                session.mount(f"{scheme}://", _Adapter(self))
            yield session


VERIFY: dict[str, bool] = {"true": True, "false": False}
KINDS: dict[str, typing.Callable[[Address], bool]] = {
    "a loopback address": lambda address: address.is_loopback,
    "a link-local address": lambda address: address.is_link_local,
    "no address of a server": lambda address: address.is_unspecified or address == BROADCAST
                                              or (address.version == 4 and int(address) >> 24 == 0),
    "a multicast address": lambda address: address.is_multicast,
    "a reserved address": lambda address: address.version == 4 and address.is_reserved,
}


def split(url: str) -> urllib.parse.SplitResult:
    """Return the parts of ``url``; one that is malformed or not HTTP is a fault that says so."""
    if any(ord(char) <= 32 or ord(char) == 127 for char in url):
        raise errors.ImageForbidden(source=plain(url), why="a URL has neither blanks nor control characters")
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise errors.ImageForbidden(source=plain(url), why=f"it is no URL ({error})") from None
    if parts.scheme not in SCHEMES:
        raise errors.ImageForbidden(source=plain(url), why=f"its scheme is {parts.scheme!r}; known are http, "
                                    "https and file")
    if not parts.hostname or port == 0:
        raise errors.ImageForbidden(source=plain(url), why="it names no host or no valid port")
    return parts


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f"[images]allowed_networks: {text!r} is no network; right would be "
                         "10.0.0.0/8 or ::1") from None


def _inside(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one carries, else the address itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if any(address in carrier for carrier in CARRIERS) and int(address) > 1:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class _Plain(urllib3.connection.HTTPConnection):
    """A connection to an address that the guard has judged."""

    guard: Guard

    def _new_conn(self) -> socket.socket:
        return _connect(self.guard, self)


class _Secure(urllib3.connection.HTTPSConnection):
    """The same with TLS; the certificate is still that of the host's name."""

    guard: Guard

    def _new_conn(self) -> socket.socket:
        return _connect(self.guard, self)


def _connect(guard: Guard, connection: urllib3.connection.HTTPConnection) -> socket.socket:
    """Return a socket connected to one of the addresses that are allowed."""
    port = connection.port or connection.default_port
    failed: OSError = OSError("no address")
    for family, place in guard.addresses(connection.host, port, connection.host):
        one = socket.socket(family, socket.SOCK_STREAM)
        try:
            one.settimeout(guard.conf.webserver_connection_timeout)
            one.connect(place)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return one
        except OSError as error:
            one.close()
            failed = error
    raise urllib3.exceptions.NewConnectionError(connection, str(failed))


class _Adapter(requests.adapters.HTTPAdapter):
    """Makes requests use the connections above."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: typing.Any, **kwargs: typing.Any) -> None:
        """Give the pools connection classes that know the guard."""
        super().init_poolmanager(*args, **kwargs)
        marked = {"guard": self._guard}
        plain_pool = type("PlainPool", (urllib3.connectionpool.HTTPConnectionPool,),
                          {"ConnectionCls": type("Plain", (_Plain,), marked)})
        secure_pool = type("SecurePool", (urllib3.connectionpool.HTTPSConnectionPool,),
                           {"ConnectionCls": type("Secure", (_Secure,), marked)})
        self.poolmanager.pool_classes_by_scheme = {"http": plain_pool, "https": secure_pool}
