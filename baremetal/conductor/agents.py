"""What agents in ramdisks say: who they are, that they live, what they found. Judges it, notes it, lets flows go on.

Whether the words are well formed, and which node is meant, the API has found out. Tokens never reach a log.
"""

import collections.abc
import hashlib
import itertools
import logging
import secrets
import threading
import typing

import sqlalchemy as sa

from baremetal import context, errors, milestones, states
from baremetal.conductor import beats, calls, draft, flow, hold, journal, lines, means, task
from baremetal.db import flows, inventory, record
from baremetal.drivers import switch

LOG = logging.getLogger(__name__)

#: the provision states of a node whose agent may ask who it is
# fmt: off
CALLING = frozenset({
    states.DEPLOYING, states.DEPLOYWAIT, states.CLEANING, states.CLEANWAIT, states.INSPECTING, states.INSPECTWAIT,
    states.RESCUING, states.RESCUEWAIT, states.SERVICING, states.SERVICEWAIT})
#: those in which its heartbeat lets the flow go on
AWAITING = frozenset({states.DEPLOYWAIT, states.CLEANWAIT, states.RESCUEWAIT, states.SERVICEWAIT})
#: those in which its heartbeat is only noted
NOTING = frozenset({states.DEPLOYING, states.CLEANING, states.RESCUING, states.SERVICING,
                    states.DEPLOYHOLD, states.CLEANHOLD, states.SERVICEHOLD})
# fmt: on

#: seconds for which an agent that has just booted waits for a node that is about to be let go; it would come again
#: in some seconds at the earliest
PATIENCE = 2.0
#: seconds between two looks whether it was, growing to
PAUSE, MOST_PAUSE = 0.05, 0.4

Beat = dict[str, typing.Any]


class Agents:
    """Answers agents. What takes time goes to the pool."""

    def __init__(self, shared: means.Means) -> None:
        self._means = shared
        self._lock = threading.Lock()
        #: nodes whose agents are being asked how far they are
        self._asked: set[str] = set()

    def table(self) -> dict[str, collections.abc.Callable[..., typing.Any]]:
        """Return the work by its name."""
        return {"lookup": self.lookup, "heartbeat": self.heartbeat, "continue_inspection": self.continue_inspection}

    def lookup(self, ctx: context.Context, node: str, boot: str | None = None) -> dict[str, str]:
        """Give the agent of this boot its token: once, so that nobody else can learn it later.

        ``boot`` is the node's when the agent asked; None where the API that was asked does not tell.
        """
        for found in self._patient(node, ctx, boot):
            if self._means.conf.api.restrict_lookup and found.node.provision_state not in CALLING:
                raise _nothing()
            token = _token(found)
            if token == record.MASK:
                self._doubt(found)
                return {"token": token}
            self._open(found)
            try:
                self._note(found, "lookup", milestones.LOOKUP)
            except draft.Changed:
                continue
            return {"token": token}
        raise AssertionError("attempts() raises at its end")

    def heartbeat(self, ctx: context.Context, node: str, beat: Beat) -> None:
        """Note that the agent lives, and let the flow go on if it waits for that."""
        for found in self._patient(node, ctx):
            try:
                return self._beat(found, beat)
            except draft.Changed:
                continue

    def continue_inspection(self, ctx: context.Context, node: str, *, token: bool = False, boot: str | None = None,
                            report: str | None = None) -> dict[str, str]:
        """Let the inspection go on: the agent's report lies in the table node_inventory.

        ``token`` is whether the agent will take one from the answer, as from that of a lookup. ``boot`` is as there,
        ``report`` the SHA-256 of the report that is meant.
        """
        with self._means.pool.slot(reserved=True) as slot:
            for found in self._patient(node, ctx, boot):
                if found.node.provision_state == states.INSPECTING:
                    # a very fast boot: that its report is awaited is being written
                    raise errors.Conflict(text=f"Node {node} does not await its report yet. Try again.")
                if found.node.provision_state != states.INSPECTWAIT:
                    raise _nothing()
                told = {"token": _token(found)} if token else {}
                flow.load(found)
                found.milestone(milestones.REPORT)
                found.draft.writes.append(_reported(found, report))
                try:
                    flow.go_on(found, "resume")
                except draft.Changed:
                    continue
                slot.give(flow.run, found)
                return told
        raise AssertionError("attempts() raises at its end")

    # --- agents that restart ---

    def _doubt(self, found: task.Task) -> None:
        """An agent asks who it is although one of this boot knows: let a worker see whether that one has ended.

        That somebody asks proves nothing, for anybody can. An agent that ended never ends its step.
        """
        line, uuid = self._open(found), found.node.uuid
        if line is None or found.flow is None or found.flow.state != flows.WAITING or calls.boots(line):
            return
        with self._lock:
            if uuid in self._asked:
                return
            self._asked.add(uuid)
        try:
            with self._means.pool.slot(reserved=True) as slot:
                slot.give(self._see, found, line)
        except errors.NoFreeWorker as fault:
            self._asked.discard(uuid)
            LOG.info("Node %s: whether its agent restarted is not looked at: %s", uuid, fault.text)
        except BaseException:
            self._asked.discard(uuid)
            raise

    def _see(self, seen: task.Task, line: lines.Line) -> None:
        """Let the flow fail if its agent has ended. In a worker, without a lease so far."""
        uuid = seen.node.uuid
        try:
            if not calls.restarted(seen, line):
                return
            for found in hold.attempts(self._means, uuid, seen.ctx):
                now = self._open(found)
                if seen.flow is None or now is None or found.flow is None or found.flow.state != flows.WAITING \
                        or (found.flow.uuid, now.position) != (seen.flow.uuid, line.position):
                    return
                try:
                    flow.stop(found, errors.StepFailed(interface=line.step.interface, step=line.step.step, why=(
                        "the agent restarted meanwhile, or its server did, and what it was doing is lost. Look at the "
                        "server's console for why, then begin again")).text)
                except draft.Changed:
                    continue
                return flow.run(found)
        except errors.Fault as fault:
            LOG.info("Node %s: whether its agent restarted is left to its deadline: %s", uuid, fault.text)
        finally:
            self._asked.discard(uuid)

    # --- heartbeats -------------------------------------------------------------------------------

    def _beat(self, found: task.Task, beat: Beat) -> None:
        """Deal with one heartbeat of a node that nobody holds; raises ``draft.Changed`` when it is to be read again."""
        state = found.node.provision_state
        if state not in AWAITING and state not in NOTING:
            beats.check(found, beat)
            LOG.info("Node %s: a heartbeat in provision state %r is ignored", found.node.uuid, state)
            return
        news = beats.note(found, beat)
        if found.node.maintenance:
            return self._in_maintenance(found)
        line = self._open(found)
        if news.first:
            found.milestone(milestones.HEARTBEAT)
        if state in NOTING or found.flow is None or line is None or not _awaits_agent(found.flow):
            if news.any:
                found.take("heartbeat")
                found.draft.freeing = True
                found.save()
        elif not news.any and self._means.wakes.awaits((found.flow.uuid, line.position)):
            # whoever watches the agent will say when it has ended
            flow.renew(found)
        elif calls.asks(found, line) and not self._arrives(found, line, news):
            self._ask_later(found, line, beat, news)
        else:
            with self._means.pool.slot(reserved=True) as slot:
                flow.go_on(found, "resume")
                slot.give(flow.run, found)

    def _arrives(self, found: task.Task, line: lines.Line, news: beats.News) -> bool:
        """Return whether the agent of the boot that is awaited calls: that is written before it is answered, since
        its next call would come minutes later if this process died in between.
        """
        return news.first and calls.boots(line) and "agent_url" in found.node.driver_internal_info

    def _ask_later(self, found: task.Task, line: lines.Line, beat: Beat, news: beats.News) -> None:
        """Let a worker ask the agent how far it is; one question at a time for each node."""
        uuid = found.node.uuid
        with self._lock:
            if uuid in self._asked:
                return
            self._asked.add(uuid)
        try:
            with self._means.pool.slot(reserved=True) as slot:
                slot.give(self._ask, found, line, beat, news)
        except BaseException:
            self._asked.discard(uuid)
            raise

    def _ask(self, found: task.Task, line: lines.Line, beat: Beat, news: beats.News) -> None:
        """Go on with the flow if the agent is ready; else let it wait on. In a worker, without a lease so far."""
        uuid = found.node.uuid
        try:
            ready = calls.ready(found, flow.work_of(found), line)
        except errors.Fault as fault:
            # its deadline stays as it is: an agent that calls but does not answer is none
            LOG.warning("Node %s: how far its agent is could not be found out: %s", uuid, fault.text)
            return
        finally:
            self._asked.discard(uuid)
        try:
            if ready:
                flow.go_on(found, "resume")
                flow.run(found)
            elif news.any:
                self._note(found, "heartbeat")
            else:
                flow.renew(found)
        except draft.Changed:
            self._beat_again(found, beat)

    def _beat_again(self, found: task.Task, beat: Beat) -> None:
        """Deal with a heartbeat anew, because the node was changed meanwhile; the agent has been answered already."""
        try:
            self.heartbeat(found.ctx, found.node.uuid, beat)
        except errors.Fault as fault:
            LOG.info("Node %s: a heartbeat came to nothing: %s", found.node.uuid, fault.text)

    def _in_maintenance(self, found: task.Task) -> None:
        """Ignore the heartbeat, or end the flow where nothing may go on during maintenance."""
        if self._means.conf.conductor.allow_provisioning_in_maintenance or found.node.provision_state not in AWAITING:
            LOG.info("Node %s: a heartbeat during maintenance is ignored", found.node.uuid)
            return
        with self._means.pool.slot(reserved=True) as slot:
            flow.stop(found, f"The agent called back while the node was in maintenance (reason: "
                             f"{found.node.maintenance_reason}), where nothing may go on.")
            slot.give(flow.run, found)

    # --- small things -----------------------------------------------------------------------------

    def _open(self, found: task.Task) -> lines.Line | None:
        """Give the task its node's flow, if there is one, and return the line at which that stands."""
        loaded = journal.load(self._means.database, found.node.id)
        if loaded is None:
            return None
        found.flow = loaded[0]
        return found.flow.present()

    def _note(self, found: task.Task, why: str, milestone: str | None = None) -> None:
        """Write what changed, and let the flow wait on, in one transaction."""
        if milestone is not None:
            found.milestone(milestone)
        found.take(why)
        found.draft.freeing = True
        renewal = journal.renew(found) if found.flow is not None and _awaits_agent(found.flow) else None
        if renewal is not None:
            found.draft.writes.append(renewal)
        found.save()

    def _patient(self, uuid: str, ctx: context.Context, boot: str | None = None
                 ) -> collections.abc.Iterator[task.Task]:
        """Yield the node as ``hold.attempts`` does; an agent that has just booted waits a little for a held node.

        When another boot has begun since ``boot``, or since it waits, the agent that asked is of an earlier one and
        most likely gone: what is meant for the next one is not for it. One that lives asks again.
        """
        ticker, pause = self._means.clock, PAUSE
        until = ticker.tick() + PATIENCE
        while True:
            found = hold.read(self._means, uuid, ctx)
            boot = boot if boot is not None else _boot(found)
            try:
                hold.refuse_held(found)
                break
            except errors.NodeLocked:
                if "agent_url" in found.node.driver_internal_info or ticker.tick() >= until:
                    raise
            ticker.sleep(pause)
            pause = min(2 * pause, MOST_PAUSE)
        for free in itertools.chain((found,), hold.attempts(self._means, uuid, ctx)):
            if _boot(free) != boot:
                raise errors.Conflict(text=f"Node {uuid} boots anew since this was asked. Try again.")
            yield free


def _token(found: task.Task) -> str:
    """Return a new token, noted on the node, or the mask where the agent of this boot has got one already."""
    internal = found.node.driver_internal_info
    if internal.get("agent_secret_token"):
        return record.MASK
    token = internal["agent_secret_token"] = secrets.token_urlsafe(32)
    return token


def _awaits_agent(flow: lines.Flow) -> bool:
    """Return whether a flow waits, and for more than time to pass."""
    return flow.state == flows.WAITING and flow.awaits != lines.TIMER


def _boot(found: task.Task) -> str:
    """Return the name of the boot whose agent is awaited or runs; empty where there is none."""
    return str(found.node.driver_internal_info.get(switch.BOOT) or "")


def _reported(found: task.Task, report: str | None) -> draft.Write:
    """Return what checks, in the transaction that takes the node, that the report is still there and the one meant.

    From then on none is stored any more, so that the one that was answered is the one that is worked on.
    """
    def check(connection: sa.Connection) -> None:
        text = inventory.pending(connection, found.node.id)
        if text is None or report not in (None, hashlib.sha256(text.encode()).hexdigest()):
            raise errors.Conflict(text=f"The report on node {found.node.uuid} is not there any more, or another one "
                                       "came meanwhile. Try again.")
    return check


def _nothing() -> errors.NotFound:
    """Return the fault that the API has for all agents that nobody awaits; it tells no state."""
    return errors.NotFound(what="Node", ident="that awaits this agent")
