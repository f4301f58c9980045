"""Where an agent may say that it is called."""

import pytest

from baremetal.conductor import beats


@pytest.mark.parametrize("url", [
    "http://169.254.169.254", "https://169.254.169.254:80", "http://[fe80::1]:9999", "http://[::ffff:169.254.169.254]",
    "http://0.0.0.0:9999", "http://[::]:9999", "http://224.0.0.1:9999",
    "http://2852039166", "http://0xA9FEA9FE/"])
def test_no_agent_lives_there(url: str) -> None:
    assert "address" in str(beats.nowhere(url))


@pytest.mark.parametrize("url", ["https://10.77.0.50:9999", "https://127.0.1.9:9999", "http://[fd00::7]:9999",
                                 "https://server.example:9999"])
def test_agents_live_there(url: str) -> None:
    assert beats.nowhere(url) is None
