"""The fake firmware: versions kept in the node itself; an update's version is the last word of its URL."""

import collections.abc
import typing

from baremetal import errors, steps
from baremetal.drivers import firmware, task
from baremetal.drivers.fake import play

KEPT = "fake_firmware"
"""The key of driver_internal_info under which versions that were brought are kept."""

#: component: what it says of itself as it was bought
COMPONENTS: dict[str, dict[str, str | None]] = {
    "bios": {"current_version": "1.0", "vendor": "Fake", "model": "fake-bios", "serial_number": None},
    "bmc":  {"current_version": "1.0", "vendor": "Fake", "model": "fake-bmc", "serial_number": "F-1"},
}


class FakeFirmware(firmware.Firmware):
    """Has the firmware of a BIOS and of a BMC, and takes every update of one of them."""

    name = "fake"
    serves = ("fake-hardware",)

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    def components(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """Return both with their versions."""
        play.act(task, "firmware", "components")
        kept = task.node.driver_internal_info.get(KEPT, {})
        return [{"component": name, **facts, "current_version": kept.get(name, facts["current_version"])}
                for name, facts in COMPONENTS.items()]

    @steps.step(clean=0, deploy=0, service=0, args=firmware.SETTINGS)
    def update(self, task: task.Task, settings: collections.abc.Sequence[dict[str, typing.Any]]) -> steps.Answer:
        """Note the versions. Safe to run twice."""
        firmware.check(settings)
        unknown = [item["component"] for item in settings if item["component"] not in COMPONENTS]
        if unknown:
            raise errors.BadField(field="settings/component", value=unknown[0],
                                  wanted=f"One of {', '.join(COMPONENTS)}.")
        answer = play.step(task, "firmware", "update")
        brought = {item["component"]: item["url"].rstrip("/").rpartition("/")[2] for item in settings}
        internal = task.node.driver_internal_info
        internal[KEPT] = {**internal.get(KEPT, {}), **brought}
        return answer
