"""What can be asked of a BMC: a table of operations. How each is done stands in the module it comes from.

An operation is a function that checks its arguments at once (``ValueError`` for a wrong one) and returns the work:
a coroutine function that takes the conversation. All may be repeated unless their docstring says otherwise.
"""

import typing

from baremetal.clients.ipmi import bmc, chassis, controller, eventlog, sensors

Work = typing.Callable[[bmc.Talk], typing.Coroutine[typing.Any, typing.Any, typing.Any]]

TABLE: dict[str, typing.Callable[..., Work]] = {
    "power_read": chassis.power_read,
    "chassis_status": chassis.chassis_status,
    "power_set": chassis.power_set,
    "boot_read": chassis.boot_read,
    "boot_set": chassis.boot_set,
    "identify": chassis.identify,
    "bmc_info": controller.bmc_info,
    "raw": controller.raw,
    "sensors": sensors.sensors,
    "event_log": eventlog.event_log,
}
