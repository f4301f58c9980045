"""Faults of the services beside us in a cloud; ``service`` is the section of the configuration that is about it."""

from baremetal.errors import fault


class NeighbourFault(fault.Fault):
    """A service beside us did not do what was asked; ``service`` and ``why`` are always known."""

    kind, code = "refused", "neighbour"
    says = "Service of [{service}]: {why}"


class NeighbourNotConfigured(NeighbourFault):
    """The configuration does not say how to reach it or who we are there."""

    code = "neighbour-not-configured"
    says = "The service of [{service}] is needed and cannot be used: {why}"


class NeighbourUnavailable(NeighbourFault):
    """It does not answer, or has a fault of its own; another time it may do."""

    code, transient = "neighbour-unavailable", True
    says = "The service of [{service}] cannot be used now: {why}"


class NeighbourRefuses(NeighbourFault):
    """It does not let us in, or does not let us do that."""

    code = "neighbour-refuses"
    says = "The service of [{service}] refuses: {why}"


class NeighbourLacks(NeighbourFault):
    """It has no such thing, or does not show it to us."""

    kind, code = "invalid", "neighbour-lacks"
    says = "The service of [{service}] does not have it: {why}"


class NeighbourConflict(NeighbourFault):
    """The thing is in use there, or exists already."""

    kind, code = "conflict", "neighbour-conflict"
    says = "The service of [{service}] cannot do it as things are: {why}"


class NotThisProjects(NeighbourFault):
    """An image that our credentials see and the node's project may not."""

    kind, code = "forbidden", "neighbour-not-this-projects"
    says = "The service of [{service}] has {what}, which project {project} may not use"
