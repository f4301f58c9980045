"""A heartbeat judged against what is known of the node's agent, and noted on the node. Writes and decides nothing."""

import collections.abc
import dataclasses
import hmac
import ipaddress
import socket
import typing
import urllib.parse

from oslo_config import cfg

from baremetal import clock, errors
from baremetal.conductor import task

#: key of the heartbeat: key of driver_internal_info that it is kept in
KEPT = {"callback_url": "agent_url", "agent_version": "agent_version", "agent_verify_ca": "agent_verify_ca",
        "agent_status": "agent_status", "agent_status_message": "agent_status_message"}
#: what must stay as it is while one agent runs, with the words for it
LASTING = {"callback_url": "address", "agent_verify_ca": "certificate"}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: addresses that are no server's, in words
NOWHERE: dict[str, typing.Callable[[Address], bool]] = {
    "a loopback": lambda address: address.is_loopback,
    "a link-local": lambda address: address.is_link_local,
    "a multicast": lambda address: address.is_multicast,
    "an unspecified": lambda address: address.is_unspecified,
}
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


@dataclasses.dataclass(frozen=True)
class News:
    """What a heartbeat says that was not known."""

    #: whether it is the first one of this boot
    first: bool
    #: whether it says anything new, beside that the agent lives
    any: bool


def note(found: task.Task, beat: dict[str, typing.Any]) -> News:
    """Note a heartbeat on the node in memory; raises ``HeartbeatRefused`` for one that is not its agent's."""
    internal = found.node.driver_internal_info
    _check_token(found, beat.get("agent_token"))
    _check_words(found, beat)
    first, news = "agent_url" not in internal, False
    for key, kept in KEPT.items():
        value = beat.get(key)
        if value and internal.get(kept) != value:
            internal[kept], news = value, True
    internal["agent_last_heartbeat"] = clock.iso(found.means.clock.now())
    return News(first, news or first)


def check(found: task.Task, beat: dict[str, typing.Any]) -> None:
    """Raise ``HeartbeatRefused`` for a heartbeat that is not the agent's, where nothing else comes of it."""
    _check_token(found, beat.get("agent_token"))


def _check_token(found: task.Task, given: typing.Any) -> None:
    """Compare in constant time; neither token is ever shown."""
    known = found.node.driver_internal_info.get("agent_secret_token")
    if not known:
        raise _refused(found, "no agent has looked it up since its power was switched. The agent must do that first")
    if not isinstance(given, str) or not given:
        raise _refused(found, "agent_token is missing. Send the one that the lookup answered")
    if not hmac.compare_digest(str(known).encode(), given.encode()):
        raise _refused(found, "agent_token is not the one that the lookup of this boot answered")


def _check_words(found: task.Task, beat: dict[str, typing.Any]) -> None:
    internal, url = found.node.driver_internal_info, beat.get("callback_url") or ""
    if not beat.get("agent_version") and not beat.get("agent_status"):
        raise _refused(found, "agent_version is missing. Send the agent's version")
    scheme = urllib.parse.urlsplit(str(url)).scheme
    if url and scheme not in ("http", "https"):
        raise _refused(found, f"callback_url is {url!r}. It is http(s)://address:port")
    if url and (what := nowhere(str(url), allowed(found.conf))):
        raise _refused(found, f"callback_url {url!r} names {what}, where no server of ours is. It is the address of "
                              "the server in the network of agents; [agent]allowed_networks makes exceptions")
    if url and scheme != "https" and found.conf.agent.require_tls:
        raise _refused(found, f"callback_url {url!r} is without TLS, which [agent]require_tls forbids. Let the agent "
                              "serve https")
    for key, what in LASTING.items():
        known, value = internal.get(KEPT[key]), beat.get(key)
        if known and value and value != known:
            raise _refused(found, f"{key} is another one than before. The {what} of an agent stays the same until the "
                                  "server's power is switched")


def allowed(conf: cfg.ConfigOpts) -> list[Network]:
    """Return the networks of which nothing is refused: the option's, and loopback where agents call us there."""
    networks = [ipaddress.ip_network(text, strict=False) for text in conf.agent.allowed_networks]
    ours = _address(conf.api.agents_url)
    return [*networks, *LOOPBACK] if ours is not None and ours.is_loopback else networks


def nowhere(url: str, networks: collections.abc.Sequence[Network] = ()) -> str | None:
    """Return what a URL names that no agent has; None where an agent may be.

    Whatever runs on a server may say where it is called: that must lead a conductor neither to a metadata service nor
    back to itself. A name is refused, since nobody knows for what it stands when it is used.
    """
    address = _address(url)
    if address is None:
        return "no address"
    if any(address.version == network.version and address in network for network in networks):
        return None
    return next((f"{kind} address" for kind, is_so in NOWHERE.items() if is_so(address)), None)


def _address(url: str) -> Address | None:
    """Return the address that a URL names in digits, however it writes them; None for a name."""
    host = (urllib.parse.urlsplit(url).hostname or "").partition("%")[0]
    try:
        # a resolver also takes one number, or hexadecimal digits, for an address
        address = ipaddress.ip_address(host if ":" in host else socket.inet_aton(host))
    except (ValueError, OSError):
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _refused(found: task.Task, why: str) -> errors.HeartbeatRefused:
    return errors.HeartbeatRefused(text=f"The heartbeat for node {found.node.uuid} is refused: {why}.")
