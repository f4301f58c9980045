"""Lines of dnsmasq's log, as its versions write them."""

import pytest

from baremetal.conductor.serving import sayings

LINES = [
    ("dnsmasq-dhcp: DHCPACK(bmlab0) 10.77.0.51 52:54:00:aa:00:01 host", ("given", "10.77.0.51")),
    ("Nov 21 03:00:00 dnsmasq-dhcp[17]: 1234567 DHCPACK(br.1) 10.77.0.51 52:54:00:aa:00:01", ("given", "10.77.0.51")),
    ("dnsmasq-dhcp: DHCPDISCOVER(bmlab0) 52:54:00:aa:00:01 ignored", ("ignored", "52:54:00:aa:00:01")),
    ("dnsmasq-dhcp: DHCPDISCOVER(bmlab0) 10.1.1.1 52:54:00:aa:00:01 ignored", ("ignored", "52:54:00:aa:00:01")),
    ("dnsmasq-tftp: sent /srv/tftp/undionly.kpxe to 10.77.0.51", ("sent", "/srv/tftp/undionly.kpxe")),
    ("dnsmasq: failed to bind DHCP server socket: Address in use", ("failed", "failed to bind DHCP server socket")),
    ("dnsmasq-dhcp: DHCPDISCOVER(bmlab0) 52:54:00:aa:00:01", None),
    ("dnsmasq-dhcp: DHCPREQUEST(bmlab0) 10.77.0.51 52:54:00:aa:00:01", None),
    ("dnsmasq: started, version 2.90 DNS disabled", None),
    ("dnsmasq-tftp: error 8 User aborted the transfer received from 10.77.0.51", None),
    ("", None),
]


@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_line(line: str, wanted: tuple[str, str] | None) -> None:
    found = sayings.read(line)
    if wanted is None:
        assert found is None
    else:
        assert found is not None
        assert found.name == wanted[0]
        assert any(value.startswith(wanted[1]) for value in found.facts.values())
