"""The fake management: boots from the network whatever it is told, has two lamps that are on, and drives for media."""

import typing

from baremetal import errors
from baremetal.drivers import management, task
from baremetal.drivers.fake import modes, play

#: component: indicator: facts
INDICATORS = {
    "chassis": {"led-0": {"readonly": True, "states": ["off", "on"]}},
    "system": {"led": {"readonly": False, "states": ["blinking", "off", "on"]}},
}

#: key of driver_internal_info: what is in which drive
DRIVES = "fake_virtual_media"
#: key of driver_internal_info: what a lamp was told to show; else they are on
LAMPS = "fake_indicators"

# fmt: off
SENSORS: dict[str, dict[str, dict[str, typing.Any]]] = {
    "Temperature": {"Inlet":    {"value": 21.0, "units": "°C",  "states": [], "health": "ok", "available": True}},
    "Fan":         {"Fan 1":    {"value": 4200, "units": "RPM", "states": [], "health": "ok", "available": True}},
    "Power Supply": {"Supply 1": {"value": None, "units": "",   "states": ["Present"], "health": "ok",
                                  "available": True}},
}
# fmt: on
#: its controller has logged only that it was started
LOG = {"record_id": 1, "timestamp": None, "sensor_type": "Controller", "sensor_number": 0, "event": "Started",
       "asserted": True, "severity": "ok", "raw": None}


class FakeManagement(modes.FakeBootModes, management.Management):
    """Knows one boot device, pxe."""

    name = "fake"
    serves = ("fake-hardware", "manual-management")

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    def supported_boot_devices(self, task: task.Task) -> list[str]:
        """Return the one it has."""
        return ["pxe"]

    def boot_device(self, task: task.Task) -> tuple[str | None, bool | None]:
        """Return the one it has."""
        play.act(task, "management", "boot_device")
        return "pxe", False

    def set_boot_device(self, task: task.Task, device: str, *, persistent: bool = False) -> None:
        """Accept the one it has."""
        play.act(task, "management", "set_boot_device")
        if device != "pxe":
            raise errors.BadField(field="boot_device", value=device, wanted="Supported is only: pxe.")

    def virtual_media(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """Return what was attached."""
        play.act(task, "management", "virtual_media")
        return [{"media_types": [media], "image": image, "inserted": True}
                for media, image in task.node.driver_internal_info.get(DRIVES, {}).items()]

    def attach_virtual_media(self, task: task.Task, media: str, image_url: str, source: str) -> None:
        """Remember the address."""
        play.act(task, "management", "attach_virtual_media")
        internal = task.node.driver_internal_info
        task.node.driver_internal_info = {**internal, DRIVES: {**internal.get(DRIVES, {}), media: image_url}}

    def detach_virtual_media(self, task: task.Task, media: tuple[str, ...] = management.MEDIA) -> None:
        """Forget addresses."""
        play.act(task, "management", "detach_virtual_media")
        internal = dict(task.node.driver_internal_info)
        left = {kind: image for kind, image in internal.pop(DRIVES, {}).items() if kind not in media}
        task.node.driver_internal_info = {**internal, DRIVES: left} if left else internal

    def sensors(self, task: task.Task) -> dict[str, dict[str, dict[str, typing.Any]]]:
        """Return a room's temperature, a fan and a power supply."""
        play.act(task, "management", "sensors")
        return {kind: {name: dict(facts) for name, facts in group.items()} for kind, group in SENSORS.items()}

    def event_log(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """Return the one entry there is."""
        play.act(task, "management", "event_log")
        return [dict(LOG)]

    def health(self, task: task.Task) -> str:
        """Return what the node wants played, else OK."""
        play.act(task, "management", "health")
        return str(task.node.driver_info.get(play.HEALTH, management.HEALTHS[0]))

    def inject_nmi(self, task: task.Task) -> None:
        """Nothing runs there that could dump its core."""
        play.act(task, "management", "inject_nmi")

    def indicators(self, task: task.Task) -> dict[str, dict[str, dict[str, typing.Any]]]:
        """Return both lamps."""
        return {component: dict(lamps) for component, lamps in INDICATORS.items()}

    def indicator(self, task: task.Task, component: str, indicator: str) -> str:
        """Return what it was told; a lamp that was told nothing is on."""
        play.act(task, "management", "indicator")
        management.lamp(task, component, indicator)
        return str(task.node.driver_internal_info.get(LAMPS, {}).get(f"{indicator}@{component}", "on"))

    def set_indicator(self, task: task.Task, component: str, indicator: str, state: str) -> None:
        """Remember it."""
        play.act(task, "management", "set_indicator")
        if state not in management.lamp(task, component, indicator)["states"]:
            raise errors.BadField(field="state", value=state, wanted="One of blinking, off, on.")
        internal = task.node.driver_internal_info
        internal[LAMPS] = {**internal.get(LAMPS, {}), f"{indicator}@{component}": state}
