"""``baremetal-dbsync``: the schema of the database. create, upgrade (--expand, --contract), status."""

import json
import sys

from baremetal import errors
from baremetal.cmd import starting
from baremetal.db import engine, schema


def create(database: engine.Database, _branch: str | None) -> None:
    """Make the schema in an empty database."""
    if schema.present(database):
        sys.exit("baremetal-dbsync: this database has a schema already; bring it up with: baremetal-dbsync upgrade")
    schema.upgrade(database)


def upgrade(database: engine.Database, branch: str | None) -> None:
    """Bring the schema up to this release."""
    if branch == "contract" and not schema.heads("expand") <= schema.present(database):
        sys.exit("baremetal-dbsync: run 'upgrade --expand' first, and 'upgrade --contract' when all processes are new")
    schema.upgrade(database, branch)


def status(database: engine.Database, _branch: str | None) -> None:
    """Say which schema the database has; exit 1 unless this release can run on it."""
    found = schema.status(database)
    print(json.dumps(found, indent=1))
    if not found["ready"]:
        sys.exit(1)


VERBS = {"create": create, "upgrade": upgrade, "status": status}


def main() -> None:
    """Do what the command line says."""
    parser = starting.parser(__doc__)
    parser.add_argument("verb", choices=VERBS,
                        help="; ".join(f"{name}: {verb.__doc__}" for name, verb in VERBS.items()))
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--expand", dest="branch", action="store_const", const="expand",
                       help="upgrade: only what may run while the old release works")
    which.add_argument("--contract", dest="branch", action="store_const", const="contract",
                       help="upgrade: what runs when no old process is left")
    options = parser.parse_args()
    if options.branch and options.verb != "upgrade":
        parser.error(f"--{options.branch} goes with upgrade")
    conf = starting.conf(options.config_file, "baremetal-dbsync")
    try:
        VERBS[options.verb](engine.Database(conf, patience=None), options.branch)
    except errors.Fault as fault:
        sys.exit(f"baremetal-dbsync: {fault.text}")


if __name__ == "__main__":
    main()
