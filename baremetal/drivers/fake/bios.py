"""The fake BIOS: settings kept in the node itself."""

import collections.abc
import typing

from baremetal import errors, steps
from baremetal.drivers import bios, task
from baremetal.drivers.fake import play

KEPT = "fake_bios_settings"
"""The key of driver_internal_info under which the settings are kept."""

# fmt: off
#: setting: what the firmware says about it; it takes any other one, too, and says nothing about that
REGISTRY: dict[str, dict[str, typing.Any]] = {
    "boot_timeout":   {"attribute_type": "Integer", "lower_bound": 0, "upper_bound": 600, "read_only": False,
                       "reset_required": False, "unique": False},
    "hyperthreading": {"attribute_type": "Enumeration", "allowable_values": ["on", "off"], "read_only": False,
                       "reset_required": True, "unique": False},
    "asset_tag":      {"attribute_type": "String", "min_length": 0, "max_length": 16, "read_only": False,
                       "reset_required": False, "unique": True},
}
# fmt: on


class FakeBios(bios.Bios):
    """Takes any setting."""

    name = "fake"
    serves = ("fake-hardware",)

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    def read(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """Return what was applied since the last reset."""
        play.act(task, "bios", "read")
        return [{"name": name, "value": value, **REGISTRY.get(name, {})}
                for name, value in sorted(task.node.driver_internal_info.get(KEPT, {}).items())]

    @steps.step(clean=0, deploy=0, service=0, args=bios.SETTINGS)
    def apply_configuration(self, task: task.Task,
                            settings: collections.abc.Sequence[dict[str, typing.Any]]) -> steps.Answer:
        """Keep ``settings`` instead of what was kept. Safe to run twice."""
        if not isinstance(settings, list) or not all(isinstance(s, dict) and "name" in s for s in settings):
            raise errors.BadField(field="settings", value=settings, wanted=bios.SETTINGS["settings"])
        answer = play.step(task, "bios", "apply_configuration")
        task.node.driver_internal_info[KEPT] = {s["name"]: s.get("value") for s in settings}
        return answer

    @steps.step(clean=0, deploy=0, service=0)
    def factory_reset(self, task: task.Task) -> steps.Answer:
        """Forget all settings. Safe to run twice."""
        answer = play.step(task, "bios", "factory_reset")
        task.node.driver_internal_info.pop(KEPT, None)
        return answer

    @steps.step(clean=0)
    def cache_bios_settings(self, task: task.Task) -> steps.Answer:
        """They are always fresh. Safe to run twice."""
        return play.step(task, "bios", "cache_bios_settings")
