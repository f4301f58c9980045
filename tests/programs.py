"""The foreign programs that tests need: which Debian package brings them, and where they live here.

Standard library only: ``./test`` reads it before there is any environment.
"""

import glob
import os
import shutil

# program               Debian package       where besides PATH
# fmt: off
PROGRAMS = {
    "mariadbd":           ("mariadb-server",  ("/usr/sbin",)),
    "mariadb-install-db": ("mariadb-server",  ("/usr/bin",)),
    "postgres":           ("postgresql",      ("/usr/lib/postgresql/*/bin",)),
    "initdb":             ("postgresql",      ("/usr/lib/postgresql/*/bin",)),
    "rabbitmq-server":    ("rabbitmq-server", ("/usr/lib/rabbitmq/bin",)),
    "rabbitmqctl":        ("rabbitmq-server", ("/usr/lib/rabbitmq/bin",)),
    "epmd":               ("rabbitmq-server", ("/usr/bin",)),
    "ipmi_sim":           ("openipmi",        ("/usr/bin",)),
    "ipmitool":           ("ipmitool",        ("/usr/bin",)),
}
# fmt: on


def find(program: str) -> str | None:
    """The path of ``program``, the newest where Debian keeps several; None when it is not installed."""
    for pattern in PROGRAMS[program][1]:
        for folder in sorted(glob.glob(pattern), reverse=True):
            if os.access(os.path.join(folder, program), os.X_OK):
                return os.path.join(folder, program)
    return shutil.which(program)


def package(program: str) -> str:
    """The Debian package that brings ``program``."""
    return PROGRAMS[program][0]


def missing(packages: set[str]) -> set[str]:
    """Those of ``packages`` of which a program is not here."""
    return {package(program) for program in PROGRAMS if package(program) in packages and not find(program)}
