"""Foreign servers that the tests need: which there are, where they live, what to say without them.

``./test`` installs them where it may and tells, by BAREMETAL_TEST_WITHOUT, which are missing and why: a test
that needs one is then skipped with that sentence. With CI=true nothing is left out: the test fails instead.
"""

import glob
import json
import os
import shutil

import pytest

# program     Debian package       where besides PATH
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


def require(program: str) -> str:
    """The path of ``program``, or the end of this test: skipped with the reason, failed in CI."""
    package = PROGRAMS[program][0]
    told = json.loads(os.environ.get("BAREMETAL_TEST_WITHOUT", "{}"))
    path = find(program)
    if path and package not in told:
        return path
    reason = told.get(package, f"{program} is not installed (Debian package {package})")
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(f"CI leaves nothing out, but: {reason}", pytrace=False)
    pytest.skip(reason)
