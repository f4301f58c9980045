"""IPMI management: boot device (read back after it is set), NMI, identify light, sensors, event log, the BMC itself."""

import typing

from oslo_log import log

from baremetal import errors
from baremetal.drivers import capabilities, management, task
from baremetal.drivers.ipmi import address

LOG = log.getLogger(__name__)

DEVICES = ("pxe", "disk", "cdrom", "bios", "safe")
#: (maker, boot mode, device): what the BMC calls it, where makers differ from the standard
MAKERS = {("supermicro", "uefi", "disk"): "remote"}

PERSISTENT, ONCE = "persistent_boot_device", "is_next_boot_persistent"
"""Keys of driver_internal_info, for BMCs that forget: the device to set at each power on; False once to leave it."""

LED_COMPONENT, LED = "chassis", "led"
LED_STATES = ("blinking", "off", "on")
CHASSIS, STATUS = 0x00, 0x01
#: identify state of Get Chassis Status (bits 5:4 of byte 3, meaningful with bit 6)
LIGHTS = {0: "off", 1: "blinking", 2: "on", 3: "unknown"}
#: what chassis status calls wrong: how bad that is; other words of it are warnings
GRAVE = frozenset({"power overload", "main power", "power control"})
#: health of a sensor: the server's, where that is the worst of all
SENSED = {"warning": "Warning", "critical": "Critical", "failed": "Critical"}
TRIES = 2
"""How often a boot device is set before it counts as not to be set."""


#: seconds for asking a BMC who it is; somebody waits for the answer of validate
INFO_WITHIN = 10.0


class Override(typing.NamedTuple):
    """What the BMC has stored for the next boot."""

    device: str | None
    """A key of BOOT_DEVICES; None for none, or one that the API has no word for."""
    persistent: bool
    """Whether it is for all boots from now on."""
    valid: bool
    """Whether the BMC says that it will be used."""


class IpmiManagement(management.Management):
    """Manages a server by its BMC."""

    name, serves = "ipmitool", ("ipmi",)
    needs, optional = address.NEEDS, address.OPTIONAL

    def validate(self, task: task.Task) -> None:
        """Check every ipmi key, and the boot mode that boot devices are set for."""
        address.of(task)
        capabilities.boot_mode(task.node, task.conf)

    def supported_boot_devices(self, task: task.Task) -> list[str]:
        """Return what IPMI knows."""
        return list(DEVICES)

    def boot_device(self, task: task.Task) -> tuple[str | None, bool | None]:
        """Ask the BMC for its override, also one that it does not call valid: some never do, and use it."""
        found = _override(task)
        return (None, None) if found.device is None else (found.device, found.persistent)

    def set_boot_device(self, task: task.Task, device: str, *, persistent: bool = False) -> None:
        """Set the override and read it back; for a BMC that forgets, remember it too."""
        if device not in DEVICES:
            raise errors.BadField(field="boot_device", value=device, wanted=f"Supported are: {', '.join(DEVICES)}.")
        if address.flag(task, "ipmi_force_boot_device", default=False):
            if persistent:
                task.node.driver_internal_info[PERSISTENT] = device
                persistent = False
            else:
                task.node.driver_internal_info[ONCE] = False
        self._set(task, device, persistent=persistent)

    def _set(self, task: task.Task, device: str, *, persistent: bool) -> None:
        mode = capabilities.boot_mode(task.node, task.conf)
        where = address.of(task)
        keep = address.flag(task, "ipmi_disable_boot_timeout", default=task.conf.ipmi.disable_boot_timeout)
        for _ in range(TRIES):
            task.wires.ipmi.call(where, "boot_set", device=MAKERS.get((_maker(task), mode, device), device),
                                 persistent=persistent, mode=mode, disable_timeout=keep)
            now = _override(task)
            if now.device == device:
                break
        else:
            raise errors.BmcFault(host=where.host, port=where.port, operation="boot_set",
                                  why=f"boot device {device} was set, but it reports {now.device}")
        if (now.valid, now.persistent) != (True, persistent):   # many do as told and do not say so
            LOG.warning("BMC %s:%s was told boot device %s, persistent %s; it reports %s", where.host, where.port,
                        device, persistent, now)

    def inject_nmi(self, task: task.Task) -> None:
        """Send the diagnostic interrupt."""
        task.wires.ipmi.call(address.of(task), "power_set", state="nmi")

    def indicators(self, task: task.Task) -> dict[str, dict[str, dict[str, typing.Any]]]:
        """Return the identify light, the only one that IPMI knows."""
        return {LED_COMPONENT: {LED: {"readonly": False, "states": list(LED_STATES)}}}

    def indicator(self, task: task.Task, component: str, indicator: str) -> str:
        """Ask the BMC for its identify light."""
        _check_indicator(component, indicator)
        status = task.wires.ipmi.call(address.of(task), "raw", netfn=CHASSIS, command=STATUS)
        told = status[2] if len(status) > 2 else 0
        return LIGHTS[told >> 4 & 3] if told & 0x40 else "unknown"

    def set_indicator(self, task: task.Task, component: str, indicator: str, state: str) -> None:
        """Switch the identify light; blinking lasts for the longest time that IPMI has, 255 s."""
        _check_indicator(component, indicator)
        if state not in LED_STATES:
            raise errors.BadField(field="state", value=state, wanted=f"One of {', '.join(LED_STATES)}.")
        task.wires.ipmi.call(address.of(task), "identify", state=state, seconds=255)

    def sensors(self, task: task.Task) -> dict[str, dict[str, dict[str, typing.Any]]]:
        """Read all sensors of the BMC, by type and then by name and number."""
        found: dict[str, dict[str, dict[str, typing.Any]]] = {}
        for sensor in task.wires.ipmi.call(address.of(task), "sensors"):
            found.setdefault(sensor["type"], {})[f"{sensor['name']} ({sensor['number']:#04x})"] = sensor
        return found

    def event_log(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """Read the system event log."""
        return list(task.wires.ipmi.call(address.of(task), "event_log"))

    def health(self, task: task.Task) -> str | None:
        """Ask the BMC for what is wrong, and each of its sensors."""
        told = [health(task.wires.ipmi.call(address.of(task), "chassis_status")["faults"])]
        told += [SENSED.get(sensor["health"], management.HEALTHS[0])
                 for sensor in task.wires.ipmi.call(address.of(task), "sensors")]
        return max(told, key=management.HEALTHS.index)

    def info(self, task: task.Task) -> dict[str, typing.Any]:
        """Ask the BMC who it is."""
        return dict(task.wires.ipmi.call(address.of(task), "bmc_info", within=INFO_WITHIN))


def health(faults: typing.Collection[str]) -> str:
    """Return how well a server is whose chassis status has these faults."""
    well, unwell, ill = management.HEALTHS
    return ill if GRAVE.intersection(faults) else unwell if faults else well


def _override(task: task.Task) -> Override:
    found = task.wires.ipmi.call(address.of(task), "boot_read")
    names = {wire: device for (maker, mode, device), wire in MAKERS.items()
             if (maker, mode) == (_maker(task), found["mode"])}
    device = names.get(found["device"], found["device"])
    return Override(device if device in management.BOOT_DEVICES else None, found["persistent"], found["valid"])


def renew_boot_device(task: task.Task) -> None:
    """Set the persistent boot device again before a power on, where the node says that its BMC forgets."""
    if not address.flag(task, "ipmi_force_boot_device", default=False):
        return
    kept = task.node.driver_internal_info
    if kept.pop(ONCE, None) is False:
        return   # a device for the next boot only was set after it
    if kept.get(PERSISTENT):
        task.management.set_boot_device(task, kept[PERSISTENT], persistent=True)


def _maker(task: task.Task) -> str:
    return str(task.node.properties.get("vendor") or "").lower()


def _check_indicator(component: str, indicator: str) -> None:
    if (component, indicator) != (LED_COMPONENT, LED):
        raise errors.NotFound(what="Indicator", ident=f"{indicator}@{component}")
