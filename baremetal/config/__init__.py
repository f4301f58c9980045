"""Options: one file per section, built once into a ``conf`` that is passed on; nobody imports a global.

Every option has a default that works on one machine. Names and places are the ones operators know.
"""

import ipaddress
import typing

from oslo_config import cfg
from oslo_db import options as db_options
from oslo_log import log
from oslo_messaging import opts as messaging_options

from baremetal.config import (
    agent,
    api,
    conductor,
    core,
    deploy,
    fake,
    images,
    inspection_rules,
    inspector,
    ipmi,
    neighbours,
    pxe,
    sensor_data,
    stepwise,
    strays,
)

#: section: its options
SECTIONS: dict[str, list[cfg.Opt]] = {
    "DEFAULT": core.OPTS + images.SERVERS + neighbours.CHECKS,
    "agent": agent.OPTS + images.CHECKSUMS + neighbours.AGENTS,
    "api": api.OPTS + stepwise.DENIED,
    "conductor": conductor.OPTS + images.FORMATS + stepwise.CLEANING + neighbours.STORED,
    "deploy": deploy.OPTS + neighbours.DRIVES,
    "disk_utils": images.CONVERSION,
    "dnsmasq": pxe.DNSMASQ,
    "fake": fake.OPTS,
    "glance": neighbours.GLANCE,
    "images": images.OPTS,
    "inspection_rules": inspection_rules.OPTS,
    "inspector": inspector.OPTS,
    "ipmi": ipmi.OPTS,
    "pxe": pxe.PXE + images.CACHE,
    "sensor_data": sensor_data.OPTS,
}


def build(argv: list[str] | None = None, files: list[str] | None = None, prog: str = "baremetal",
          defaults: dict[str, typing.Any] | None = None, **overrides: typing.Any) -> cfg.ConfigOpts:
    """Return a conf made of ``defaults`` and our own, then ``files``, then ``argv``, then ``overrides``.

    ``overrides`` (and ``defaults``) are written ``section__option=value``, ``option=value`` for DEFAULT.
    A wrong value is a ``cfg.ConfigFileValueError`` or ``ValueError`` that names it.
    """
    conf = cfg.ConfigOpts()
    for section, options in SECTIONS.items():
        conf.register_opts(options, group=None if section == "DEFAULT" else section)
    conf.register_opts(db_options.database_opts, "database")
    log.register_options(conf)
    for group, options in messaging_options.list_opts():
        conf.register_opts(options, group)
    strays.register(conf)
    neighbours.register(conf)
    # one process needs no broker; several are told of one
    conf.set_default("transport_url", "fake://")
    # as many as threads that ask at once: what goes beyond is opened and thrown away for each use, at five times the cost
    conf.set_default("max_pool_size", 20, group="database")
    # after a restart of the broker, conductors listen again within seconds, not half a minute
    conf.set_default("rabbit_interval_max", 3, group="oslo_messaging_rabbit")
    conf(argv or [], project="baremetal", prog=prog, default_config_files=files or [], default_config_dirs=[])
    for setter, values in ((conf.set_default, defaults or {}), (conf.set_override, overrides)):
        for key, value in values.items():
            section, _, option = key.rpartition("__")
            setter(option, value, group=section or None)
    check_reached(conf)
    core.fill_in(conf)
    check(conf)
    return conf


def check(conf: cfg.ConfigOpts) -> None:
    """Read every option once, so that a wrong value is named at start and not at three in the morning."""
    for section, options in SECTIONS.items():
        group = conf if section == "DEFAULT" else conf[section]
        for option in options:
            getattr(group, option.dest)
    for text in conf.agent.allowed_networks:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            raise ValueError(f"[agent]allowed_networks: {text!r} is no network; right would be 127.0.0.0/8") from error
    if conf.conductor.heartbeat_timeout <= conf.conductor.heartbeat_interval:
        raise ValueError(f"[conductor]heartbeat_timeout is {conf.conductor.heartbeat_timeout}; it must be larger "
                         f"than [conductor]heartbeat_interval ({conf.conductor.heartbeat_interval})")


#: (option of a listener's address, option of the URL made of it, who is given that)
REACHED = (
    ("api", "agents_host_ip", "agents_url", "agents_port", "agents"),
    ("deploy", "http_host_ip", "http_url", "http_port", "servers"),
)
#: addresses that are all of a machine's, and none that anybody could be told
ANY = ("0.0.0.0", "::")


def check_reached(conf: cfg.ConfigOpts) -> None:
    """Name a URL that servers would be given and cannot use, because nobody said where they reach this machine."""
    for section, host, url, port, who in REACHED:
        values = conf[section]
        if str(values[host]) in ANY and values[port] and not values[url]:
            raise ValueError(f"[{section}]{host} is {values[host]}, which is every address of this machine, and "
                             f"[{section}]{url} is not set, so that {who} cannot be told where to reach it. Set "
                             f"[{section}]{url}, for example to http://192.0.2.1:{values[port]}, or one address as "
                             f"[{section}]{host}")


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for oslo-config-generator."""
    return list(SECTIONS.items()) + neighbours.list_opts()
