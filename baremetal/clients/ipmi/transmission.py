"""What moves the packets of one session: pyghmi's protocol without its sockets, threads, loop and registries.

pyghmi's ``Session`` knows packets, RAKP and encryption, and those are used as they are. What moves the packets is
replaced, because it does not bear thousands of BMCs: it waits in ``select()`` (no descriptor above 1023), walks all
sessions for each packet, blocks the loop for a round trip at each login and for a name server at each first packet,
and takes two nodes at one address for one. Here the owner hands in what the BMC sent (``receive``) and a way to
send; timers are the running asyncio loop's. Not thread-safe: everything happens in the loop's thread.

Which requests are sent, and in which order a login goes, is ``session.py``.
"""

import asyncio
import collections
import dataclasses
import random
import typing

from pyghmi.ipmi.private import session

from baremetal import errors
from baremetal.clients.ipmi import address, completion

Send = typing.Callable[[bytes], None]

GARBAGE = 3
"""Senseless packets in one request after which the BMC is not waited for any longer."""
LOST = 3
"""Times a request is sent within a session before that is taken as forgotten by the BMC."""
REFUSALS = 3
"""Times that the network says 'nobody there' before it is believed: a rebooting BMC says so for a moment."""
HANDSHAKE = ("OPENSESSION", "EXPECTINGRAKP2", "EXPECTINGRAKP4")
"""pyghmi's names for the states of a login in which it begins again with a new session id."""
SHORTEST, LONGEST = 0.5, 8.0
"""Seconds after which a request is sent again at the earliest, and at the latest."""


@dataclasses.dataclass
class Habits:
    """What was learned about a BMC and outlives its sessions."""

    patience: float = 1.0
    """Seconds to wait for an answer before sending again."""
    hash: int | None = None
    """pyghmi's name of the hash that the BMC takes; None while unknown."""

    def lost(self) -> None:
        """Wait longer next time: the answer may be late, not lost."""
        self.patience = min(LONGEST, self.patience * 1.6)

    def answered(self, took: float) -> None:
        """Come back to what an answer really takes."""
        self.patience = max(SHORTEST, min(self.patience, 3 * took))


class Reply(typing.NamedTuple):
    """What the BMC answered to one request."""

    code: int
    data: bytes


class Transmission(session.Session):
    """Sends, sends again, and receives, one request at a time."""

    def __new__(cls, *args: object, **kwargs: object) -> typing.Self:
        return object.__new__(cls)   # pyghmi's own would hand out a shared one

    def __init__(self, where: address.Address, send: Send, habits: Habits) -> None:
        # Deliberately without pyghmi's __init__: that takes a socket and waits.
        self.where, self.doing = where, "login"
        self.heard = self.fitted = self.garbage = 0
        self._send, self._habits = send, habits
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Future[Reply] | None = None
        self._sent, self._sent_at, self._again = 0, 0.0, False
        self._tries, self._refusals, self._status = 0, 0, 0
        self.lastpayload = self.last_payload_type = self.onlogpayload = self._customkeepalives = None
        self.pendingpayloads: collections.deque[object] = collections.deque()
        self.request_entry: list[object] = []

    # --- what came ---

    def receive(self, packet: bytes) -> None:
        """Take one packet that came from the BMC."""
        self.heard += 1
        sent, took, again = self._sent, self._loop.time() - self._sent_at, self._again
        try:
            if packet[0] != 6 or packet[2:4] != b"\xff\x07":
                raise ValueError("not an RMCP packet")
            self._handle_ipmi_packet(bytearray(packet), qent=(None, None, None))
        except completion.MALFORMED as error:
            self.garbage += 1
            if self.garbage >= GARBAGE:
                self._fail(errors.BmcGarbage, f"{self.garbage} packets that are not IPMI; last: {error}")
            return
        went_on = self._sent != sent or self._waiting is None or self._waiting.done()
        self.fitted += went_on
        if went_on and not again:   # else nobody knows which of the packets it answers
            self._habits.answered(took)

    def unreachable(self, why: str) -> None:
        """Take what the network says instead of the BMC: nobody there."""
        self._refusals += 1
        if self._refusals >= REFUSALS:
            self._fail(errors.BmcUnreachable, why)

    def fault(self, kind: type[errors.BmcFault], why: str) -> errors.BmcFault:
        """Return a fault of this BMC."""
        return kind(host=self.where.host, port=self.where.port, username=self.where.username,
                    operation=self.doing, why=why)

    # --- waiting ---

    async def _await(self, begin: typing.Callable[[], object]) -> Reply:
        self._waiting = self._loop.create_future()
        self._tries = self._refusals = self.garbage = self._status = 0
        try:
            begin()
            return await self._waiting
        finally:
            self._silence()

    def _silence(self) -> None:
        """Forget a request that is not waited for any longer; its late answer must not match the next one."""
        self._stop_timer()
        if self.lastpayload is not None:
            self.seqlun = (self.seqlun + 1) & 0x3F
        self.lastpayload, self._waiting = None, None
        self.request_entry.clear()
        self.pendingpayloads.clear()

    def _done(self, reply: Reply) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(reply)

    def _fail(self, kind: type[errors.BmcFault], why: str) -> None:
        self._stop_timer()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(self.fault(kind, why))

    # --- sending; pyghmi calls these ---

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _xmit_packet(self, retry: object, delay_xmit: object = None, timeout: object = None) -> None:
        if self.sequencenumber:   # zero stays zero: outside of a session
            self.sequencenumber += 1
        self._stop_timer()
        self._sent, self._again = self._sent + 1, False
        if retry:
            self._sent_at = self._loop.time()
            self._timer = self._loop.call_later(self._habits.patience * random.uniform(0.9, 1.2), self._timedout)
        self._send(bytes(self.netpacket))

    def _timedout(self) -> None:
        """No answer came: send again, in the way the state of the login allows."""
        self._tries += 1
        self._timer = None
        self._habits.lost()
        if self.sessioncontext == "ESTABLISHED" and self._tries >= LOST and not self.logging:
            self._fail(errors.BmcTimeout, f"no answer to {self._tries} requests")
            return
        if self.sessioncontext == "ESTABLISHED":
            self.hasretried = 1   # pyghmi then keeps the sequence number of this request out of use for a while
            self.send_payload()
        elif self.sessioncontext in HANDSHAKE:   # BMCs do not take RAKP 1 or 3 twice
            self.lastpayload = None
            self._open_rmcpplus_request()
            return   # under a new tag: what is answered is this request
        else:
            self.send_payload()
        self._again = True

    def _parse_payload(self, payload: bytearray) -> None:
        self._stop_timer()   # the answer has come
        super()._parse_payload(payload)
