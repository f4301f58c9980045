"""The fake inspect: finds what the node says already, or what it wants to be found."""

import typing

from baremetal import errors, steps
from baremetal.drivers import inspect, task
from baremetal.drivers.fake import modes, play

#: key of driver_info: what shall be found, as an agent's inventory
INVENTORY = "fake_inventory"
#: processor, and GiB of the disk, of a server whose node does not say
ARCHITECTURE, SIZE = "x86_64", 10


class FakeInspect(inspect.Inspect):
    """Every server is as its node says, or as ``fake_inventory`` does."""

    name = "fake"
    serves = ("fake-hardware", "ipmi")
    reports = True

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)
        if not isinstance(task.node.driver_info.get(INVENTORY, {}), dict):
            raise errors.DriverInfoWrong(key=INVENTORY, value=task.node.driver_info[INVENTORY],
                                         wanted="It is an object such as an agent's inventory.")

    def inspect(self, task: task.Task) -> steps.Answer:
        """Report what the node says."""
        answer = play.step(task, "inspect", "inspect")
        found = task.node.driver_info.get(INVENTORY) or _inventory(task)
        if isinstance(answer, steps.Done) and found:
            disks = found.get("disks")
            root = disks[0] if isinstance(disks, list) and disks else None
            task.report({"inventory": found, "root_disk": root} if root else {"inventory": found})
        return answer

    def abort(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "inspect", "abort")


def _inventory(task: task.Task) -> dict[str, typing.Any]:
    """Return the node's own words in the form in which an agent reports.

    Nothing is reported of a node without ports, nor of one that looks for a root disk: it would find none.
    """
    said = task.node.properties
    if not task.ports or said.get("root_device"):
        return {}
    cpus, memory = _number(said.get("cpus")), _number(said.get("memory_mb"))
    disk = _number(said.get("local_gb")) or SIZE
    return {
        "interfaces": [{"name": f"eth{number}", "mac_address": port.address, "has_carrier": True}
                       for number, port in enumerate(task.ports)],
        "cpu": {"architecture": str(said.get("cpu_arch") or ARCHITECTURE), **({"count": cpus} if cpus else {})},
        "boot": {"current_boot_mode": task.node.boot_mode or modes.MODE},
        # what partition tables may take of a disk is no part of local_gb
        "disks": [{"name": "/dev/sda", "size": (disk + 1) * 2**30}],
        "system_vendor": {"manufacturer": "Fake", "product_name": task.node.driver, "serial_number": task.node.uuid},
        **({"memory": {"physical_mb": memory}} if memory else {}),
    }


def _number(said: typing.Any) -> int | None:
    """Return a whole number that an operator may have written as a text."""
    text = str(said)
    return int(text) if text.isdecimal() and len(text) < 16 else None
