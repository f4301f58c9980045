"""The vendor socket: methods that only some hardware has, listed and called by name. No implementation."""

import collections.abc
import dataclasses
import inspect
import typing

from baremetal import errors
from baremetal.drivers import interface, task


@dataclasses.dataclass(frozen=True)
class Method:
    """What ``@method`` notes on a method."""

    says: str
    """One sentence for the list of methods."""
    http: tuple[str, ...]
    """HTTP methods by which it may be called."""
    background: bool
    """Whether the caller is answered at once, before it has ended."""
    exclusive: bool
    """Whether the node is held while it runs."""
    attach: bool
    """Whether the outcome is given as a file."""

    def to_wire(self) -> dict[str, typing.Any]:
        """Return it as the API lists it."""
        return {"http_methods": list(self.http), "async": self.background, "description": self.says,
                "attach": self.attach, "require_exclusive_lock": self.exclusive}


def method(says: str, *, http: tuple[str, ...] = ("POST",), background: bool = True, exclusive: bool = True,
           attach: bool = False) -> collections.abc.Callable[[typing.Any], typing.Any]:
    """Mark a method ``(self, task, **parameters)`` as one that the API may call by name."""
    def note(marked: typing.Any) -> typing.Any:
        marked.vendor = Method(says, http, background, exclusive, attach)
        return marked
    return note


class Vendor(interface.Interface):
    """Methods beyond the other sockets. Each says itself whether it may be repeated; faults of kind hardware."""

    kind: typing.ClassVar[str] = "vendor"

    def methods(self) -> dict[str, Method]:
        """Return name: facts of the methods that may be called. Does not block."""
        marks = {name: getattr(getattr(type(self), name), "vendor", None) for name in dir(type(self))}
        return {name: mark for name, mark in marks.items() if isinstance(mark, Method)}

    def check(self, task: task.Task, name: str, http: str,
              parameters: collections.abc.Mapping[str, typing.Any]) -> Method:
        """Return the facts of method ``name``, or raise Invalid, UnknownField or MissingField. Does not block."""
        known = self.methods()
        if name not in known:
            raise errors.Invalid(text=f"No vendor method {name!r} of driver {task.node.driver}; "
                                      f"there are: {', '.join(sorted(known)) or 'none'}.")
        if http not in known[name].http:
            raise errors.Invalid(text=f"Vendor method {name} is not called by {http}; "
                                      f"by {', '.join(known[name].http)}.")
        _check_parameters(getattr(self, name), name, parameters)
        return known[name]

    def call(self, task: task.Task, name: str, http: str, parameters: dict[str, typing.Any]) -> typing.Any:
        """Check, then run method ``name`` and return what it returns. Blocks until it has ended."""
        self.check(task, name, http, parameters)
        return getattr(self, name)(task, **parameters)


def _check_parameters(function: typing.Any, name: str, given: collections.abc.Mapping[str, typing.Any]) -> None:
    wanted = list(inspect.signature(function).parameters.values())[1:]  # without the task
    if any(p.kind is p.VAR_KEYWORD for p in wanted):
        return
    names = [p.name for p in wanted]
    for key in given:
        if key not in names:
            raise errors.UnknownField(field=key, resource=f"vendor method {name}", known=", ".join(names) or "none")
    for p in wanted:
        if p.default is p.empty and given.get(p.name) in (None, ""):
            raise errors.MissingField(field=p.name, resource=f"vendor method {name}", wanted="")
