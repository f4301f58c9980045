"""What conditions and actions have in common: a name, a function, and arguments, which come named or in order."""

import collections.abc
import dataclasses
import typing

Args = dict[str, typing.Any]


@dataclasses.dataclass(frozen=True)
class Op:
    """One row of a table of conditions or actions."""

    #: called with what it works on, then with the arguments by name
    does: collections.abc.Callable[..., typing.Any]
    needs: tuple[str, ...] = ()
    #: further arguments that may be left out
    may: tuple[str, ...] = ()
    #: arguments whose texts may have ``{inventory[…]}`` and the like in them; in a loop all may
    filled: tuple[str, ...] = ()
    #: judges arguments when the rule is written; raises ``ValueError``
    check: collections.abc.Callable[[Args], None] = lambda args: None


def named(op: str, row: Op, args: typing.Any) -> Args:
    """Return arguments by their names, also where they came as a list; raises ``ValueError``."""
    names = (*row.needs, *row.may)
    if isinstance(args, list):
        if row.needs == ("values",) and not (args and isinstance(args[0], list)):
            # the list itself is what is compared
            args = [args]
        if len(args) > len(names):
            raise ValueError(f"{op!r} takes at most {len(names)} arguments: {', '.join(names)}.")
        args = dict(zip(names, args, strict=False))
    if not isinstance(args, dict):
        raise ValueError(f"'args' of {op!r} must be an object of {', '.join(names) or 'nothing'}, or a list of them in "
                         "that order.")
    absent = [name for name in row.needs if name not in args]
    unknown = [name for name in args if name not in names]
    if absent:
        raise ValueError(f"{op!r} needs the argument {absent[0]!r}.")
    if unknown:
        raise ValueError(f"{op!r} does not take the argument {str(unknown[0])[:60]!r}; it takes: "
                         f"{', '.join(names) or 'none'}.")
    row.check(args)
    return args
