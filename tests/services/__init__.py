"""Foreign servers and programs that tests need, and what to say without them.

``./test`` installs them where it may and tells, by BAREMETAL_TEST_WITHOUT, which are missing and why: a test
that needs one is then skipped with that sentence. With CI=true nothing is left out: the test fails instead.
"""

import json
import os

import pytest

from tests import programs


def require(program: str) -> str:
    """The path of ``program``, or the end of this test: skipped with the reason, failed in CI."""
    package = programs.package(program)
    told = json.loads(os.environ.get("BAREMETAL_TEST_WITHOUT", "{}"))
    path = programs.find(program)
    if path and package not in told:
        return path
    reason = told.get(package, f"{program} is not installed (Debian package {package})")
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(f"CI leaves nothing out, but: {reason}", pytrace=False)
    pytest.skip(reason)
