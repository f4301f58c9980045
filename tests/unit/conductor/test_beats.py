"""Where an agent may say that it is called."""

import pytest

from baremetal import config
from baremetal.conductor import beats


@pytest.mark.parametrize("url", [
    "http://169.254.169.254", "https://169.254.169.254:80", "http://[fe80::1]:9999", "http://[::ffff:169.254.169.254]",
    "http://0.0.0.0:9999", "http://[::]:9999", "http://224.0.0.1:9999",
    "http://2852039166", "http://0xA9FEA9FE/", "https://server.example:9999", "https://127.0.1.9:9999",
    "http://2130706433:80", "http://[::1]:6385", "http://[::ffff:127.0.0.1]", "http://localhost:6385"])
def test_no_agent_lives_there(url: str) -> None:
    assert "address" in str(beats.nowhere(url))


@pytest.mark.parametrize("url", ["https://10.77.0.50:9999", "http://[fd00::7]:9999"])
def test_agents_live_there(url: str) -> None:
    assert beats.nowhere(url) is None


@pytest.mark.parametrize(("options", "refused"), [
    ({}, None),     # agents call at a loopback address, so they are on this machine
    ({"api__agents_url": "http://10.0.0.1:6386"}, "a loopback address"),
    ({"api__agents_url": "http://10.0.0.1:6386", "agent__allowed_networks": ["127.0.1.0/24"]}, None),
    ({"api__agents_url": "http://10.0.0.1:6386", "agent__allowed_networks": ["127.0.2.0/24"]}, "a loopback address"),
])
def test_exceptions_are_made(options: dict[str, object], refused: str | None) -> None:
    assert beats.nowhere("https://127.0.1.9:9999", beats.allowed(config.build(**options))) == refused
