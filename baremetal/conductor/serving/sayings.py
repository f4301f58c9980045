"""What dnsmasq's log says, line by line, as events. Text in, events out; the lines are those of dnsmasq 2.80 to 2.92.

The log and not its ``dhcp-script``: a line for everything that happens, and no process for each of them.
"""

import re
import typing

# fmt: off
_IP, _MAC = r"(?P<ip>[0-9.]+)", r"(?P<mac>[0-9a-f]{2}(?::[0-9a-f]{2}){5})"
#: event: the line that tells it; error 8 of TFTP is firmware that only asked for a size
LINES = {
    "given":   re.compile(rf"dnsmasq-dhcp(?:\[\d+\])?: (?:\d+ )?DHCPACK\([^)]+\) {_IP} {_MAC}"),
    "ignored": re.compile(rf"dnsmasq-dhcp(?:\[\d+\])?: (?:\d+ )?DHCPDISCOVER\([^)]+\) (?:[0-9.]+ )?{_MAC} ignored"),
    "sent":    re.compile(rf"dnsmasq-tftp(?:\[\d+\])?: sent (?P<path>\S+) to {_IP}"),
    "failed":  re.compile(r"dnsmasq(?:-\w+)?(?:\[\d+\])?: "
                          r"(?P<why>(?:failed|cannot|bad|no address range|error (?!8 )|unknown|junk).*)"),
}
# fmt: on


class Event(typing.NamedTuple):
    """Something that happened."""

    name: str
    """A key of LINES."""
    facts: dict[str, str]


def read(line: str) -> Event | None:
    """Return what a line tells; None for one that is of no interest."""
    for name, pattern in LINES.items():
        if found := pattern.search(line):
            return Event(name, found.groupdict())
    return None
