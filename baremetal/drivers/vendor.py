"""The vendor socket: methods that only some hardware has, listed and called by name. No implementation.

A method of a node takes ``(self, task, **parameters)``, one of the driver as a whole ``(self, lent, **parameters)``.
One that has a parameter ``http_method`` is told by which HTTP method it was called. What one returns is plain JSON;
text or bytes where it is given as a file.
"""

import collections.abc
import dataclasses
import inspect
import typing

from baremetal import errors
from baremetal.drivers import interface, task

#: the parameter that clients do not give
TOLD = "http_method"

Parameters = collections.abc.Mapping[str, typing.Any]


@dataclasses.dataclass(frozen=True)
class Method:
    """What ``@method`` or ``@driver_method`` notes on a method."""

    says: str
    """One sentence for the list of methods."""
    http: tuple[str, ...]
    """HTTP methods by which it may be called."""
    background: bool
    """Whether the caller is answered at once, before it has ended."""
    exclusive: bool | None
    """Whether the node is held while it runs; None for methods of the driver, which have no node."""
    attach: bool
    """Whether the outcome is given as a file."""

    def to_wire(self) -> dict[str, typing.Any]:
        """Return it as the API lists it."""
        lock = {} if self.exclusive is None else {"require_exclusive_lock": self.exclusive}
        return {"http_methods": list(self.http), "async": self.background, "description": self.says,
                "attach": self.attach, **lock}


Marking = collections.abc.Callable[[typing.Any], typing.Any]


def method(says: str, *, http: tuple[str, ...] = ("POST",), background: bool = True, exclusive: bool = True,
           attach: bool = False) -> Marking:
    """Mark a method ``(self, task, **parameters)`` as one that the API may call by name."""
    return _mark(Method(says, http, background, exclusive, attach))


def driver_method(says: str, *, http: tuple[str, ...] = ("POST",), background: bool = True,
                  attach: bool = False) -> Marking:
    """Mark a method ``(self, lent, **parameters)`` that needs no node; ``lent`` are a process's Surroundings."""
    return _mark(Method(says, http, background, None, attach))


def _mark(facts: Method) -> Marking:
    def note(marked: typing.Any) -> typing.Any:
        marked.vendor = facts
        return marked
    return note


class Vendor(interface.Interface):
    """Methods beyond the other sockets. Each says itself whether it may be repeated; faults of kind hardware."""

    kind: typing.ClassVar[str] = "vendor"

    def methods(self) -> dict[str, Method]:
        """Return name: facts of the methods that a node may be asked for. Does not block."""
        return {name: mark for name, mark in self._marks().items() if mark.exclusive is not None}

    def driver_methods(self) -> dict[str, Method]:
        """Return the same of the methods that need no node."""
        return {name: mark for name, mark in self._marks().items() if mark.exclusive is None}

    def _marks(self) -> dict[str, Method]:
        marks = {name: getattr(getattr(type(self), name), "vendor", None) for name in dir(type(self))}
        return {name: mark for name, mark in marks.items() if isinstance(mark, Method)}

    def check(self, task: task.Task, name: str, http: str, parameters: Parameters) -> Method:
        """Return the facts of method ``name``, or raise Invalid, UnknownField or MissingField. Does not block."""
        return self._check(self.methods(), f"driver {task.node.driver}", name, (http, parameters))

    def check_driver(self, driver: str, name: str, http: str, parameters: Parameters) -> Method:
        """Do the same for a method that needs no node."""
        return self._check(self.driver_methods(), f"driver {driver} as a whole", name, (http, parameters))

    def _check(self, known: dict[str, Method], whose: str, name: str, call: tuple[str, Parameters]) -> Method:
        http, parameters = call
        if name not in known:
            raise errors.Invalid(text=f"No vendor method {name!r} of {whose}; "
                                      f"there are: {', '.join(sorted(known)) or 'none'}.")
        if http not in known[name].http:
            raise errors.Invalid(text=f"Vendor method {name} is not called by {http}; "
                                      f"by {', '.join(known[name].http)}.")
        _check_parameters(getattr(self, name), name, parameters)
        return known[name]

    def call(self, task: task.Task, name: str, http: str, parameters: Parameters) -> typing.Any:
        """Check, then run method ``name`` and return what it returns. Blocks until it has ended."""
        self.check(task, name, http, parameters)
        function = getattr(self, name)
        return function(task, **parameters, **_told(function, http))

    def call_driver(self, lent: task.Surroundings, name: str, http: str, parameters: Parameters) -> typing.Any:
        """Run a method that needs no node and was checked; return what it returns. Blocks until it has ended."""
        function = getattr(self, name)
        return function(lent, **parameters, **_told(function, http))


def _told(function: typing.Any, http: str) -> dict[str, str]:
    """Return the HTTP method for a method that wants to know it."""
    return {TOLD: http} if TOLD in inspect.signature(function).parameters else {}


def _check_parameters(function: typing.Any, name: str, given: Parameters) -> None:
    wanted = [p for p in list(inspect.signature(function).parameters.values())[1:]  # without the task
              if p.name != TOLD]
    names = [p.name for p in wanted if p.kind is not p.VAR_KEYWORD]
    known = ", ".join(names) or "none"
    for key in given:
        if key == TOLD or key not in names and not any(p.kind is p.VAR_KEYWORD for p in wanted):
            raise errors.UnknownField(field=key, resource=f"vendor method {name}", known=known)
    for p in wanted:
        if p.name in names and p.default is p.empty and given.get(p.name) in (None, ""):
            raise errors.MissingField(field=p.name, resource=f"vendor method {name}", wanted="")
