"""Ports and URLs that servers are told: what nobody said is made, what cannot be made is named at start."""

import pathlib
import subprocess
import sys

import pytest

from baremetal import config

#: shows what becomes of a command line
SHOWN = """
import sys
from baremetal.cmd import commandline, single, starting
sys.argv = sys.argv[1:]
conf = single.configure(commandline.options(starting.parser("")))
print(conf.api.port, conf.api.agents_port, conf.api.agents_url, conf.deploy.http_url)
"""


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "::"])
@pytest.mark.parametrize(("section", "host", "url"), [
    ("api", "agents_host_ip", "agents_url"), ("deploy", "http_host_ip", "http_url")])
def test_an_address_that_is_none_wants_a_url(section: str, host: str, url: str, everywhere: str) -> None:
    address, reached = f"{section}__{host}", f"{section}__{url}"
    with pytest.raises(ValueError, match=rf"\[{section}\]{host} is {everywhere}.*Set \[{section}\]{url}"):
        config.build(**{address: everywhere})
    made = config.build(**{address: everywhere, reached: "http://192.0.2.1:1"})
    assert made[section][url] == "http://192.0.2.1:1"


def test_a_listener_that_there_is_not_needs_no_url() -> None:
    config.build(api__agents_host_ip="0.0.0.0", api__agents_port=0)


@pytest.mark.parametrize(("file", "agents"), [("", 7001), ("[api]\nagents_port = 7600\n", 7600)])
def test_the_port_of_the_command_line_is_not_that_of_agents(tmp_path: pathlib.Path, file: str, agents: int) -> None:
    (tmp_path / "conf").write_text(file)
    asked = ["baremetal-service", "--config-file", str(tmp_path / "conf"), "--data", str(tmp_path), "--port", "7000"]
    # in a process of its own, since it begins the log
    told = subprocess.run([sys.executable, "-c", SHOWN, *asked], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["7000", str(agents), *[f"http://127.0.0.1:{agents}"] * 2]
