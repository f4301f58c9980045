"""Consoles: those that are enabled are opened again where their node is now, and closed where it was.

After a restart nothing is open here, so that the first look opens what this conductor had open when it ended, too.
"""

import logging
import typing

from baremetal import context, errors
from baremetal.conductor import consoles, draft, hold, task, telling
from baremetal.conductor.sweeps import sweep
from baremetal.db import nodes

LOG = logging.getLogger(__name__)

#: seconds between two looks
INTERVAL = 60


class Consoles(sweep.Sweep):
    """Compares the nodes whose console is enabled with what this process has seen open."""

    name = "consoles"

    def __init__(self, *given: typing.Any) -> None:
        super().__init__(*given)
        #: the nodes whose console is open here, as far as this sweep knows
        self._open: set[str] = set()

    @property
    def interval(self) -> float:
        """Every minute."""
        return INTERVAL

    def first(self, chance: float) -> float:
        """At once: somebody may be watching."""
        return 0

    def run(self) -> None:
        """Open what should be open here, close what should not."""
        with self.means.database.read() as connection:
            enabled = nodes.with_console(connection)
        ours = {row.uuid for row in enabled if self.means.ring.ours(row.uuid, row.driver, row.conductor_group)}
        theirs = {row.uuid for row in enabled} - ours
        for uuid in sorted(ours - self._open):
            if self.over.is_set():
                return
            self._begin(uuid)
        for uuid in sorted(self._open & theirs):
            self._end(uuid)
        # who switches a console off closes it
        self._open &= ours

    def _begin(self, uuid: str) -> None:
        """Open a console again; when that fails it is not enabled any more, and the node says why."""
        ctx = context.internal("consoles")
        try:
            with hold.hold(self.means, uuid, ctx, "starting the console again") as held:
                if held.node.console_enabled:
                    _again(held)
            self._open.add(uuid)
        except errors.Fault as fault:
            LOG.info("Node %s: its console is started again later: %s", uuid, fault.text)
        except draft.Unsaved as error:
            LOG.warning("Node %s: its console is started again later: the database did not take it (%s)", uuid, error)
        except Exception:
            # one node must not keep the others waiting
            LOG.exception("Starting the console of node %s again broke", uuid)

    def _end(self, uuid: str) -> None:
        """Close what is left here of the console of a node that has another conductor now; that one holds it."""
        try:
            left = hold.read(self.means, uuid, context.internal("consoles"))
            left.console.stop(left)
            self._open.discard(uuid)
        except errors.Fault as fault:
            LOG.warning("Node %s: its console here could not be closed: %s", uuid, fault.text)
        except Exception:
            LOG.exception("Closing the console of node %s broke", uuid)


def _again(held: task.Task) -> None:
    try:
        held.console.validate(held)
        consoles.switch(held, enabled=True, what=telling.CONSOLE_RESTORE)
    except errors.Fault as fault:
        if fault.transient:
            raise
        held.node.console_enabled = False
        held.fail_with(f"Starting the console again after a restart failed: {fault.text}")
