"""Faults of conductors and drivers: who is there, what is enabled, what a defect is."""

from baremetal.errors import fault


class NoConductor(fault.Fault):
    """No live conductor serves this hardware type and group."""

    kind, code = "missing", "no-conductor"
    says = ("No live conductor of conductor group {group!r} serves driver {driver!r}. "
            "Served now: {known}. Start a conductor that has it enabled.")


class NoConductorAtAll(fault.Fault):
    """No conductor lives, so nobody can do what any of them could."""

    kind, code, transient = "busy", "no-conductor-at-all", True
    says = "No conductor is alive that could {what}; nothing was written. Start one, and try again."


class ConductorSilent(fault.Fault):
    """The conductor did not answer in time."""

    kind, code, transient = "busy", "conductor-silent", True
    says = ("Conductor {host} did not answer {method} within {seconds} s; it may be down, or may do it all the same. "
            "Look at the node before you try again.")


class ConductorUnreached(fault.Fault):
    """The conductor could not even be asked."""

    kind, code, transient = "busy", "conductor-unreached", True
    says = ("Conductor {host} could not be asked for {method}: the message bus does not answer, or the conductor does "
            "not listen. Nothing should have been started; look at the node before you try again.")


class TooManyCalls(fault.Fault):
    """So many requests wait for conductors that another one would keep others from being served."""

    kind, code, transient = "busy", "too-many-calls", True
    says = ("{there} requests wait for conductor {host} already, so it was not asked for {method}. Nothing was "
            "started. Try again in a minute.")


class NoFreeWorker(fault.Fault):
    """The conductor's worker pool is full."""

    kind, code, transient = "busy", "no-free-worker", True
    says = "All {size} workers of conductor {host} are busy; nothing was started. Try again in a minute."


class LimitReached(fault.Fault):
    """As many nodes as allowed do the same already."""

    kind, code, transient = "busy", "limit-reached", True
    says = ("{there} nodes are at {what} already, and [conductor]{option} allows {most} at once; nothing was started. "
            "Try again when some have ended.")


class DriverUnknown(fault.Fault):
    """A hardware type that is not enabled anywhere."""

    kind, code = "invalid", "driver-unknown"
    says = "Hardware type {driver!r} is not enabled on any live conductor; enabled are: {known}."


class InterfaceUnknown(fault.Fault):
    """An interface implementation that the hardware type cannot use."""

    kind, code = "invalid", "interface-unknown"
    says = ("Field '{kind_of}_interface' cannot be {name!r} with driver {driver!r}; "
            "enabled and supported are: {known}.")


class InterfaceUndecided(fault.Fault):
    """No enabled implementation can serve as default."""

    kind, code = "invalid", "interface-undecided"
    says = ("No {kind_of} interface is enabled that hardware type {driver} supports; "
            "set [DEFAULT]enabled_{kind_of}_interfaces to one of: {known}.")


class Unsupported(fault.Fault):
    """The driver cannot do this at all."""

    kind, code = "invalid", "unsupported"
    says = "Driver {driver} does not support {what} (disabled or not implemented)."


class DriverInfoMissing(fault.Fault):
    """Keys that the interface needs are absent from driver_info."""

    kind, code = "invalid", "driver-info-missing"
    says = "driver_info lacks {keys}, which the {interface} interface needs. {wanted}"


class DriverInfoWrong(fault.Fault):
    """A driver_info value that cannot be used."""

    kind, code = "invalid", "driver-info-wrong"
    says = "driver_info/{key} is {value!r}. {wanted}"


class Internal(fault.Fault):
    """A defect of this program; the log has the traceback under the request id."""

    kind, code = "internal", "internal"
    says = "Internal error ({name}) in {where}; the log of {host} has the details under request id {request_id}."
