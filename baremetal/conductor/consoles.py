"""Opening and closing the console of a held node, and what is written of it. Who wants that is not known here."""

from baremetal import errors
from baremetal.conductor import task, telling


def switch(held: task.Task, *, enabled: bool, what: str = telling.CONSOLE_SET) -> None:
    """Open or close the console of a held node, and note what it is; a failure gets its entry in the history.

    ``what`` is how notifications call it.
    """
    try:
        with held.announced(what):
            if enabled:
                held.console.start(held)
            else:
                held.console.stop(held)
            held.node.console_enabled = enabled
    except errors.Fault as fault:
        held.note("console", f"The console could not be {'started' if enabled else 'stopped'}: {fault.text}", bad=True)
        raise
