"""The configuration of dnsmasq as text: who gets an address, and which loader. It starts nothing.

Only servers that are known by their MAC are answered; only those that are to boot are told of a loader.
"""

import dataclasses
import ipaddress
import pathlib
import typing

from oslo_config import cfg

from baremetal.boot import loaders

#: tag of servers that are to boot; ``by-`` and the way of booting is another one
BOOTS = "boots"
#: option 175 is iPXE's own: a server that sends it has fetched its loader already
IPXE_OPTION = 175
ROUTER, DNS = 3, 6
#: seconds between router advertisements; iPXE would wait 16 s for one
ADVERTISE = 10


@dataclasses.dataclass(frozen=True)
class Site:
    """What the configuration hangs on besides options."""

    folder: pathlib.Path
    """Where hosts, leases and the configuration lie."""
    network: ipaddress.IPv4Interface
    """The address of the interface, with its network."""
    url: str
    """URL of the file server's /boot."""
    user: str
    """Whom dnsmasq runs as: the conductor's own user, who owns the files."""


def span(text: str, network: ipaddress.IPv4Interface) -> tuple[str, str]:
    """Return first and last address of [dnsmasq]dhcp_range; ValueError unless both are the interface's network."""
    words = [word.strip() for word in text.split(",")]
    try:
        first, last = (ipaddress.IPv4Address(word) for word in words)
    except ValueError:
        raise ValueError(f"[dnsmasq]dhcp_range is {text!r}; it is two addresses, as 10.0.0.50,10.0.0.200") from None
    if not (first in network.network and last in network.network and first <= last):
        raise ValueError(f"[dnsmasq]dhcp_range is {text}; both addresses must lie in {network.network}, the network of "
                         "[dnsmasq]interface, the smaller one first")
    if first <= network.ip <= last:
        raise ValueError(f"[dnsmasq]dhcp_range is {text}, which contains {network.ip}, the conductor's own address")
    return str(first), str(last)


def configuration(conf: cfg.ConfigOpts, site: Site, found: loaders.Loaders) -> str:
    """Return the whole file. ValueError names an option that cannot be used."""
    section = conf.dnsmasq
    first, last = span(section.dhcp_range, site.network)
    for option in ("router", "dns"):
        if section[option]:
            try:
                ipaddress.IPv4Address(section[option])
            except ValueError:
                raise ValueError(f"[dnsmasq]{option} is {section[option]!r}; it is an IPv4 address") from None
    lines = [
        *_process(conf, site), "no-ping", "dhcp-authoritative",
        f"dhcp-range={first},{last},{site.network.netmask},{section.lease_time}",
        # read at start only: dnsmasq 2.90 crashes when it reads hosts with tags again, by SIGHUP or dhcp-hostsdir
        f"dhcp-hostsfile={site.folder / 'hosts'}", f"dhcp-leasefile={site.folder / 'leases'}",
        "dhcp-ignore=tag:!known",
        # an empty value means: do not send it; else dnsmasq would name itself
        f"dhcp-option={ROUTER}" + (f",{section.router}" if section.router else ""),
        f"dhcp-option={DNS}" + (f",{section.dns}" if section.dns else ""),
        "dhcp-no-override",
        # of the interface's own IPv6 network, where it has one; nobody gets an address of it or is led out by us
        "enable-ra", f"dhcp-range=::,constructor:{section.interface},ra-only,64",
        f"ra-param={section.interface},{ADVERTISE},0",
        *_boots(site, found),
    ]
    return "\n".join(lines) + "\n"


def files(conf: cfg.ConfigOpts, site: Site, found: loaders.Loaders) -> str:
    """Return the configuration of the process for TFTP, which runs on while the other one is started anew."""
    return "\n".join([*_process(conf, site), f"enable-tftp={conf.dnsmasq.interface}", f"tftp-root={found.folder}",
                      "tftp-no-fail"]) + "\n"


def _process(conf: cfg.ConfigOpts, site: Site) -> list[str]:
    """Return what holds for both processes."""
    return ["port=0", "keep-in-foreground", "log-facility=-", "pid-file=", f"user={site.user}", "no-resolv", "no-hosts",
            f"interface={conf.dnsmasq.interface}", "except-interface=lo", "bind-interfaces"]


def _boots(site: Site, found: loaders.Loaders) -> typing.Iterator[str]:
    """Yield what is told to whom: every firmware the loader of the node's way of booting, and iPXE then its script."""
    yield f"dhcp-match=set:ipxe,{IPXE_OPTION}"
    for number in loaders.CLIENTS:
        yield f"dhcp-match=set:client{number},option:client-arch,{number}"
    yield f"dhcp-boot=tag:{BOOTS},tag:ipxe,tag:by-{loaders.IPXE},{site.url}/boot.ipxe"
    for number, (firmware, processor, protocol) in loaders.CLIENTS.items():
        for way in (loaders.IPXE, loaders.PXE):
            name = found.first(way, firmware, processor)
            if name is None or (protocol == "http" and way == loaders.PXE):
                continue
            # firmware that is iPXE itself boots by PXE like any other, where the node is to
            first = "tag:!ipxe," if way == loaders.IPXE else ""
            tags = f"tag:{BOOTS},{first}tag:by-{way},tag:client{number}"
            if protocol == "http":
                # UEFI takes a URL only from who says that it serves HTTP
                yield f"dhcp-option-force={tags},option:vendor-class,HTTPClient"
                yield f"dhcp-boot={tags},{site.url}/loaders/{name}"
            else:
                yield f"dhcp-boot={tags},{name}"
