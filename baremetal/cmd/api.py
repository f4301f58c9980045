"""``baremetal-api``: the REST process, stateless, any number of copies. Also a WSGI application for other servers."""

import os
import typing

from oslo_config import cfg

from baremetal.api import app
from baremetal.cmd import starting
from baremetal.db import engine, schema
from baremetal.rpc import wire


def application(conf: cfg.ConfigOpts) -> typing.Any:
    """Return the WSGI application of a conf."""
    return app.build(conf, *_means(conf))


def _means(conf: cfg.ConfigOpts) -> tuple[engine.Database, typing.Any]:
    database = engine.Database(conf)
    schema.require(database)
    return database, wire.transport(conf)


def main() -> None:
    """Serve the API until told to stop."""
    from baremetal.cmd import web

    parser = starting.parser(__doc__)
    options = parser.parse_args()
    conf = starting.conf(options.config_file, "baremetal-api")
    means = _means(conf)
    servers = [web.Web(conf, app.build(conf, *means))]
    if conf.api.agents_port:
        servers.append(web.Web(conf, app.build_agents(conf, *means), web.agents(conf)))
    stop = starting.Stop()
    for server in servers:
        server.start()
    stop.wait()
    for server in servers:
        server.stop()


def wsgi() -> typing.Any:
    """Return the application for a WSGI server: ``baremetal.cmd.api:wsgi()``; BAREMETAL_CONF names the files."""
    files = [name for name in os.environ.get("BAREMETAL_CONF", "").split(os.pathsep) if name]
    return application(starting.conf(files, "baremetal-api"))


if __name__ == "__main__":
    main()
