"""Opening and closing the console of a held node, and what is written of it. Who wants that is not known here."""

from baremetal import errors
from baremetal.conductor import task


def switch(held: task.Task, *, enabled: bool) -> None:
    """Open or close the console of a held node, and note what it is; a failure gets its entry in the history."""
    try:
        if enabled:
            held.console.start(held)
        else:
            held.console.stop(held)
    except errors.Fault as fault:
        held.note("console", f"The console could not be {'started' if enabled else 'stopped'}: {fault.text}", bad=True)
        raise
    held.node.console_enabled = enabled
