"""IPMI vendor methods: any request as bytes, and restarting the BMC."""

import typing

from oslo_utils import strutils

from baremetal import errors, milestones, steps
from baremetal.drivers import task, vendor
from baremetal.drivers.ipmi import address

APPLICATION = 0x06
COLD_RESET, WARM_RESET = 0x02, 0x03
RAW = {"raw_bytes": "Bytes as text: network function, command, data; for example '0x00 0x01'."}


class IpmiVendor(vendor.Vendor):
    """What the other sockets do not cover."""

    name, serves = "ipmitool", ("ipmi",)
    needs, optional = address.NEEDS, address.OPTIONAL

    def validate(self, task: task.Task) -> None:
        """Check every ipmi key."""
        address.of(task)

    @vendor.method("Send bytes to the BMC; raw_bytes is text such as '0x00 0x01'.")
    @steps.step(clean=0, deploy=0, service=0, args=RAW, repeatable=False)
    def send_raw(self, task: task.Task, raw_bytes: str) -> None:
        """Send a request. Not repeatable: only its author knows whether it may be sent twice."""
        netfn, command, *data = _bytes(raw_bytes)
        task.wires.ipmi.call(address.of(task), "raw", netfn=netfn, command=command, data=data)

    @vendor.method("Restart the BMC, warm (else) or cold; the server goes on.")
    def bmc_reset(self, task: task.Task, *, warm: typing.Any = True) -> None:
        """Restart the BMC. May be repeated. One that does not answer because it restarts already has done as told."""
        command = WARM_RESET if strutils.bool_from_string(warm) else COLD_RESET
        try:
            task.wires.ipmi.call(address.of(task), "raw", netfn=APPLICATION, command=command)
        except errors.BmcTimeout:
            task.milestone(milestones.RESTARTED)


def _bytes(text: typing.Any) -> list[int]:
    """Return the numbers of a text such as "0x00 8 0x1f"."""
    try:
        numbers = [int(word, 0) for word in text.split()]
    except (AttributeError, ValueError):
        numbers = []
    if len(numbers) < 2 or not all(0 <= n <= 255 for n in numbers) or numbers[0] % 2 or numbers[0] >= 64:
        raise errors.BadField(field="raw_bytes", value=text, wanted="It is two or more numbers from 0 to 255 "
                              "with spaces between, of which the first is even and below 64: '0x00 0x01'.")
    return numbers
