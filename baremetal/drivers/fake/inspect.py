"""The fake inspect: finds what the node says already, or what it wants to be found."""

import typing

from baremetal import errors, steps
from baremetal.drivers import inspect, task
from baremetal.drivers.fake import play

#: key of driver_info: what shall be found, as an agent's inventory
INVENTORY = "fake_inventory"


class FakeInspect(inspect.Inspect):
    """Every server is as its node says; one without ports, which nobody could tell apart, reports nothing."""

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
        wanted = task.node.driver_info.get(INVENTORY)
        if isinstance(answer, steps.Done) and (wanted or task.ports):
            task.report({"inventory": wanted or _inventory(task)})
        return answer

    def abort(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "inspect", "abort")


def _inventory(task: task.Task) -> dict[str, typing.Any]:
    """Return the node's own words in the form in which an agent reports; what it does not say is not there."""
    said = task.node.properties
    cpu = {"architecture": said.get("cpu_arch"), "count": _number(said.get("cpus"))}
    memory, disk = _number(said.get("memory_mb")), _number(said.get("local_gb"))
    found: dict[str, typing.Any] = {
        "interfaces": [{"name": f"eth{number}", "mac_address": port.address, "has_carrier": True}
                       for number, port in enumerate(task.ports)],
        "cpu": {key: value for key, value in cpu.items() if value},
        "system_vendor": {"manufacturer": "Fake", "product_name": task.node.driver, "serial_number": task.node.uuid},
    }
    if memory:
        found["memory"] = {"physical_mb": memory}
    if disk:
        found["disks"] = [{"name": "/dev/sda", "size": disk * 2**30}]
    return found


def _number(said: typing.Any) -> int | None:
    """Return a whole number that an operator may have written as a text."""
    text = str(said)
    return int(text) if text.isdecimal() and len(text) < 16 else None
