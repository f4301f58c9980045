"""``baremetal-conductor``: the worker that drives nodes, any number of copies, each with a ``host`` name of its own."""

from baremetal.cmd import starting, web
from baremetal.conductor import service
from baremetal.db import engine, schema
from baremetal.rpc import wire


def main() -> None:
    """Drive nodes until told to stop."""
    options = starting.parser(__doc__).parse_args()
    conf = starting.conf(options.config_file, "baremetal-conductor")
    database = engine.Database(conf)
    schema.require(database)
    with starting.sentence("baremetal-conductor"):
        conductor = service.Conductor(conf, database, wire.transport(conf))
        files = web.Web(conf, conductor.files, web.files(conf)) if conf.deploy.http_port else None
    stop = starting.Stop()
    conductor.start()
    if files:
        files.start()
    stop.wait()
    conductor.stop()
    if files:
        files.stop()


if __name__ == "__main__":
    main()
