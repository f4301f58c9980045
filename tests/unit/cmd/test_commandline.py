"""``./run`` looks at its command line before it sets anything up."""

import os
import pathlib
import shutil
import subprocess

import pytest

from baremetal.cmd import commandline, starting
from baremetal.lab.vms import plan

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture
def run(tmp_path: pathlib.Path) -> pathlib.Path:
    """The script beside what it needs to look at options, and nothing to set up with."""
    place = tmp_path / "baremetal" / "cmd"
    place.mkdir(parents=True)
    shutil.copy(ROOT / "baremetal/cmd/commandline.py", place)
    shutil.copy(ROOT / "run", tmp_path)
    os.chmod(tmp_path, 0o755)
    return tmp_path / "run"


@pytest.mark.parametrize(("words", "says"), [
    (("--flet", "5x"), "5x"), (("--unicorn",), "--unicorn"), (("--fleet", "-1"), "from 0 to 60000"),
    (("--vms", "100"), "from 0 to 99"), (("--port", "0"), "from 1 to 65535"),
    (("--fleet-network", "10.0.0.0"), "127.78.0.0"), (("--config-file", "/nowhere"), "/nowhere cannot be read"),
])
def test_what_is_wrong_is_said_before_the_set_up(run: pathlib.Path, words: tuple[str, ...], says: str) -> None:
    ended = subprocess.run([run, *words], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 2 and says in ended.stderr and len(ended.stderr.splitlines()) <= 3, ended.stderr
    assert not (run.parent / ".venv").exists()


def test_what_is_right_goes_on(run: pathlib.Path) -> None:
    ended = subprocess.run([run, "--fleet", "2"], capture_output=True, text=True, timeout=120, check=False)
    assert ".ci/environment" in ended.stderr


def test_virtual_machines_are_for_root(capsys: pytest.CaptureFixture[str]) -> None:
    made = starting.parser("")
    with pytest.raises(SystemExit) as ended:
        commandline.options(made, ["--vms", "2"], user=65534)
    said = capsys.readouterr().err
    assert ended.value.code == 2 and len(said.splitlines()) == 2
    assert "sudo ./run --vms 2" in said and "--fleet 2" in said
    assert commandline.options(starting.parser(""), ["--vms", "2"], user=0).vms == 2


def test_there_are_as_many_virtual_machines_as_the_lab_can_have() -> None:
    assert commandline.MOST_VMS == plan.MOST
