"""Ports and URLs that servers are told: what nobody said is made, what cannot be made is named at start."""

import argparse
import logging
import pathlib

import pytest
from oslo_log import log

from baremetal import config
from baremetal.cmd import single


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
def test_the_port_of_the_command_line_is_not_that_of_agents(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, file: str, agents: int) -> None:
    # a process begins its log once, tests would leave theirs open
    monkeypatch.setattr(log, "setup", lambda *_: None)
    monkeypatch.setattr(logging, "setLogRecordFactory", lambda _: None)
    (tmp_path / "conf").write_text(file)
    asked = argparse.Namespace(data=str(tmp_path), port=7000, bind=None, auth=None, vms=0,
                               config_file=[str(tmp_path / "conf")])
    conf = single.configure(asked)
    assert (conf.api.port, conf.api.agents_port) == (7000, agents)
    assert conf.api.agents_url == conf.deploy.http_url == f"http://127.0.0.1:{agents}"
