"""What a verb is: what it refuses, which steps it runs, where it ends. One subclass per file in ``verbs/``."""

import collections.abc
import typing

from baremetal import clock, errors, states
from baremetal.conductor import flow, hold, lines, task, workers

Params = dict[str, typing.Any]


class Verb:
    """A provisioning verb. The same object serves all nodes at once and keeps nothing."""

    #: the event of ``states.MOVES`` that begins it
    event: typing.ClassVar[str]
    #: the name that clients know
    name: typing.ClassVar[str]
    #: the kind of its steps, where clients see a list of them
    kind: typing.ClassVar[str | None] = None
    #: whether it is for nodes in maintenance, too
    in_maintenance: typing.ClassVar[bool] = True
    #: whether it is for protected nodes, too
    on_protected: typing.ClassVar[bool] = True

    def check(self, found: task.Task, params: Params) -> None:
        """Refuse by raising a fault, for reasons of this verb; nothing has changed yet."""

    def plan(self, found: task.Task, params: Params) -> list[lines.Line]:
        """Return the steps to run; may refuse."""
        return []

    def begin(self, held: task.Task, params: Params) -> None:
        """Change columns of the node in the transaction that begins the flow."""

    def target(self, found: task.Task) -> str | None:
        """Return the target state to show, where the table of targets does not say it."""
        return None

    def ends(self, held: task.Task) -> list[str]:
        """Return the events that end the flow when all steps are done."""
        return ["done"]

    def finished(self, held: task.Task) -> None:
        """Change columns of the node when the flow has ended well."""

    def clean_up(self, held: task.Task, *, aborted: bool) -> None:
        """Leave no mess after a failure or an abort; may block, is repeated after a crash."""

    def start(self, found: task.Task, params: Params, slot: workers.Slot) -> None:
        """Begin: one transaction, then a worker. Raises ``draft.Changed`` when the node must be read again."""
        flow.begin(found, self, params)
        if found.lease is not None:
            slot.give(flow.run, found)

    def refuse(self, found: task.Task) -> None:
        """Refuse for reasons that all verbs share."""
        node = found.node
        if states.kind(node.provision_state) == states.MOVING:
            # its worker is gone, and the next one has not come yet
            raise errors.NodeLocked(node=node.uuid, holder=node.reservation or "(none yet, one will take over)",
                                    why=node.lease_why or node.provision_state,
                                    since=clock.iso(node.provision_updated_at))
        if states.kind(node.provision_state) in (states.FAILED, states.WAITING, states.HELD):
            hold.refuse_unfinished(found)
        if states.after(node.provision_state, self.event) is None:
            raise errors.VerbRefused(node=node.uuid, state=node.provision_state, verb=self.name,
                                     allowed=", ".join(states.verbs(node.provision_state)) or "none")
        if node.maintenance and not self.in_maintenance:
            raise errors.NodeInMaintenance(node=node.uuid, reason=node.maintenance_reason, verb=self.name)
        if node.protected and not self.on_protected:
            raise errors.NodeProtected(node=node.uuid, verb=self.name, reason=node.protected_reason)


def validate(found: task.Task, *kinds: str) -> None:
    """Let the interfaces of these kinds check the node; raises what they find."""
    for kind in kinds:
        found.interfaces[kind].validate(found)


def ramdisk(found: task.Task, params: Params) -> tuple[str, ...]:
    """Return the kinds of interface that must be content, too, where a ramdisk will be booted for this verb."""
    return ("boot",) if found.deploy.grows and not params.get("disable_ramdisk") else ()


Table = collections.abc.Mapping[str, Verb]


def only_move(found: task.Task, *events: str) -> None:
    """Move a node that needs no work: held, moved and given back in one statement."""
    found.take(events[0])
    for event in events:
        found.move(event)
    found.draft.freeing = True
    found.save()
