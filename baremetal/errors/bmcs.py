"""Faults of hardware: the machine or its controller did not do as told."""

from baremetal.errors import fault


class PowerFailed(fault.Fault):
    """The machine did not reach the power state asked for."""

    kind, code = "hardware", "power-failed"
    says = "The power did not become {target}: {why}"


class ControllerAway(fault.Fault):
    """The node is in maintenance because its controller does not tell its power."""

    kind, code, transient = "busy", "controller-away", True
    says = "Node {node} is in maintenance, its controller does not answer: {reason}. Try again when it does."


# --- BMCs (clients/ipmi) ------------------------------------------------------------------------

class BmcFault(fault.Fault):
    """Something between us and a BMC; ``host``, ``port``, ``operation`` and ``why`` are always known."""

    kind, code = "hardware", "bmc"
    says = "BMC {host}:{port} failed at {operation}: {why}"


class BmcUnreachable(BmcFault):
    """Nothing answers at the address."""

    code, transient = "bmc-unreachable", True
    says = ("BMC {host}:{port} does not answer ({operation}: {why}). Check its address, that its network reaches "
            "this conductor, and that IPMI over LAN is switched on.")


class BmcRefused(BmcFault):
    """The BMC refuses user, password or privilege."""

    code = "bmc-refused"
    says = ("BMC {host}:{port} refused the credentials of user {username!r} ({operation}: {why}). "
            "Check ipmi_username, ipmi_password and ipmi_priv_level in driver_info.")


class BmcTimeout(BmcFault):
    """The BMC answered before, but not this time."""

    code, transient = "bmc-timeout", True
    says = ("BMC {host}:{port} did not finish {operation} in time ({why}). One that is only slow needs a larger "
            "[ipmi]command_retry_timeout.")


class BmcBusy(BmcFault):
    """The BMC says that it is busy."""

    code, transient = "bmc-busy", True
    says = "BMC {host}:{port} is busy and did not do {operation} ({why}). Try again; if it stays so, restart the BMC."


class BmcUnsupported(BmcFault):
    """The BMC does not know this command."""

    code = "bmc-unsupported"
    says = "BMC {host}:{port} does not support {operation} ({why})."


class BmcGarbage(BmcFault):
    """The BMC answered something that is no answer."""

    code, transient = "bmc-garbage", True
    says = ("BMC {host}:{port} gave an answer to {operation} that makes no sense ({why}). Check that it is a BMC; "
            "restart it, or renew its firmware.")


class BmcResting(BmcFault):
    """The circuit breaker is open: the BMC failed several times and is left alone for a while."""

    code, transient = "bmc-resting", True
    says = ("BMC {host}:{port} failed {failures} times since {since} and is left alone until {until}; "
            "{operation} was not sent. The last time: {why}")
