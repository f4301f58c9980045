"""Options have the names that operators know; those of our own are listed, and what is known otherwise is taken too."""

import pathlib

import pytest
import yaml

from baremetal import config

KNOWN = {section: set(names) for section, names in yaml.safe_load(
    pathlib.Path(__file__).with_name("known.yaml").read_text()).items()}
#: options that only we have
OWN: dict[str, set[str]] = {
    "agent": {"allowed_networks"},
    "api": {"agents_host_ip", "agents_port", "agents_url", "auth_cache_seconds", "events_kept_seconds", "max_streams",
            "stream_seconds", "threads"},
    "conductor": {"boot_retry_after", "health_sensors_interval", "lease_seconds", "takeover_interval"},
    "deploy": {"http_host_ip", "http_port"},
    "dnsmasq": {"binary", "dhcp_range", "dns", "interface", "lease_time", "router"},
    "images": {"allowed_networks", "attempts", "convert_timeout", "largest", "stall_bytes", "stall_timeout"},
    "ipmi": {"breaker_failures", "breaker_rest", "max_conversations", "session_idle"},
}
#: what a file may call it: what it is here
TAKEN = {
    ("conductor", "sync_local_state_interval", "7"): ("conductor", "takeover_interval", 7),
    ("pxe", "boot_retry_timeout", "8"): ("conductor", "boot_retry_after", 8),
    ("glance", "num_retries", "9"): ("glance", "status_code_retries", 9),
    ("cinder", "retries", "9"): ("cinder", "status_code_retries", 9),
    ("neutron", "retries", "9"): ("neutron", "status_code_retries", 9),
    ("neutron", "request_timeout", "9"): ("neutron", "timeout", 9),
}


@pytest.mark.parametrize("section", config.SECTIONS)
def test_options_have_names_that_operators_know(section: str) -> None:
    names = {option.dest for option in config.SECTIONS[section]}
    assert names - KNOWN.get(section, set()) == OWN.get(section, set())


@pytest.mark.parametrize("given", TAKEN, ids="-".join)
def test_other_names_are_taken(given: tuple[str, str, str], tmp_path: pathlib.Path) -> None:
    section, option, value = given
    (tmp_path / "conf").write_text(f"[{section}]\n{option} = {value}\n")
    conf = config.build(files=[str(tmp_path / "conf")])
    where, name, wanted = TAKEN[given]
    assert conf[where][name] == wanted
