"""Options: one file per section, built once into a ``conf`` that is passed on; nobody imports a global.

Every option has a default that works on one machine. Names and places are the ones operators know.
"""

import typing

from oslo_config import cfg
from oslo_db import options as db_options
from oslo_log import log
from oslo_messaging import opts as messaging_options

from baremetal.config import agent, api, conductor, core, deploy, fake, images, inspector, ipmi, pxe, strays

#: section: its options
SECTIONS: dict[str, list[cfg.Opt]] = {
    "DEFAULT": core.OPTS + images.SERVERS,
    "agent": agent.OPTS + images.CHECKSUMS,
    "api": api.OPTS,
    "conductor": conductor.OPTS + images.FORMATS,
    "deploy": deploy.OPTS,
    "disk_utils": images.CONVERSION,
    "dnsmasq": pxe.DNSMASQ,
    "fake": fake.OPTS,
    "images": images.OPTS,
    "inspector": inspector.OPTS,
    "ipmi": ipmi.OPTS,
    "pxe": pxe.PXE + images.CACHE,
}


def build(argv: list[str] | None = None, files: list[str] | None = None, prog: str = "baremetal",
          **overrides: typing.Any) -> cfg.ConfigOpts:
    """Return a conf made of defaults, then ``files``, then ``argv``, then ``overrides``.

    ``overrides`` are written ``section__option=value``, ``option=value`` for DEFAULT.
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
    # one process needs no broker; several are told of one
    conf.set_default("transport_url", "fake://")
    # as many as threads that ask at once: what goes beyond is opened and thrown away for each use, at five times the cost
    conf.set_default("max_pool_size", 20, group="database")
    # after a restart of the broker, conductors listen again within seconds, not half a minute
    conf.set_default("rabbit_interval_max", 3, group="oslo_messaging_rabbit")
    conf(argv or [], project="baremetal", prog=prog, default_config_files=files or [], default_config_dirs=[])
    for key, value in overrides.items():
        section, _, option = key.rpartition("__")
        conf.set_override(option, value, group=section or None)
    core.fill_in(conf)
    check(conf)
    return conf


def check(conf: cfg.ConfigOpts) -> None:
    """Read every option once, so that a wrong value is named at start and not at three in the morning."""
    for section, options in SECTIONS.items():
        group = conf if section == "DEFAULT" else conf[section]
        for option in options:
            getattr(group, option.dest)
    if conf.conductor.heartbeat_timeout <= conf.conductor.heartbeat_interval:
        raise ValueError(f"[conductor]heartbeat_timeout is {conf.conductor.heartbeat_timeout}; it must be larger "
                         f"than [conductor]heartbeat_interval ({conf.conductor.heartbeat_interval})")


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for oslo-config-generator."""
    return list(SECTIONS.items())
