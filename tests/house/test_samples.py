"""What is generated from the code and kept in the repository is what the code says today."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import sources

GENERATED = ("docs/access.md", "docs/states.md", "etc/baremetal/baremetal.conf.sample",
             "etc/baremetal/policy.yaml.sample")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything written anew."""
    folder = tmp_path_factory.mktemp("generated")
    done = subprocess.run([sources.ROOT / "docs" / "generate", folder], capture_output=True, text=True, check=False,
                          env={**os.environ, "VIRTUAL_ENV": sys.prefix})
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("name", GENERATED)
def test_file_is_up_to_date(name: str, fresh: Path) -> None:
    assert (sources.ROOT / name).read_text() == (fresh / name).read_text(), "run docs/generate"
