"""One RMCP+ session: pyghmi's protocol without pyghmi's sockets, threads, select loop and global registries.

pyghmi's ``Session`` knows packets, RAKP and encryption, and those are used as they are. What moves the packets is
replaced, because it does not bear thousands of BMCs: it waits in ``select()`` (no descriptor above 1023), walks all
sessions for each packet, blocks the loop for a round trip at each login and for a name server at each first packet,
and takes two nodes at one address for one. Here the owner hands in what the BMC sent (``receive``) and a way to
send; timers are the running asyncio loop's. Not thread-safe: everything happens in the loop's thread.
"""

import asyncio
import collections
import dataclasses
import random
import struct
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
LONGEST = 8.0
"""Seconds after which a request is sent again at the latest."""


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
        self.patience = max(1.0, min(self.patience, 3 * took))


class Reply(typing.NamedTuple):
    """What the BMC answered to one request."""

    code: int
    data: bytes


class Session(session.Session):
    """A session of ours with one BMC, opened with ``open``, asked with ``ask``."""

    def __new__(cls, *args: object, **kwargs: object) -> typing.Self:
        return object.__new__(cls)   # pyghmi's own would hand out a shared one

    def __init__(self, where: address.Address, send: Send, habits: Habits) -> None:
        # Deliberately without pyghmi's __init__: that takes a socket and waits.
        self.where, self.doing = where, "login"
        self.heard = self.garbage = 0
        self.used = 0.0
        self._send, self._habits = send, habits
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Future[Reply] | None = None
        self._sent_at, self._tries, self._refusals, self._status = 0.0, 0, 0, 0
        self.userid, self.password = where.username.encode(), where.password.encode()
        self.kgo, self.kg = where.kg, where.kg or self.password
        self.privlevel, self.autopriv, self.nameonly = where.level, False, 16
        self.servermode = self.broken = self.nowait = self.incommand = False
        self.lastpayload = self.last_payload_type = self._customkeepalives = None
        self.onlogpayload = None
        self.pendingpayloads: collections.deque[object] = collections.deque()
        self.request_entry: list[object] = []
        self.maxtimeout = self.timeout = 2
        self.logged = self.logontries = 0

    # --- what the owner calls ---

    async def open(self) -> None:
        """Log in. Goes on until it succeeds, a fault is certain, or the caller's time-out cancels it."""
        self.doing = "login"
        await self._await(self.login)

    async def ask(self, netfn: int, command: int, data: bytes = b"", lun: int = 0) -> Reply:
        """Send one request and return its answer, whatever its completion code is."""
        return await self._await(lambda: self._request(netfn, command, data, lun))

    def close(self) -> None:
        """Tell the BMC that the session has ended; do not wait for its answer."""
        self._silence()
        if self.logged:
            self._send_ipmi_net_payload(6, 0x3C, data=struct.pack("<I", self.sessionid), retry=False)
        self.logged = 0

    def receive(self, packet: bytes) -> None:
        """Take one packet that came from the BMC."""
        self.heard += 1
        try:
            if packet[0] != 6 or packet[2:4] != b"\xff\x07":
                raise ValueError("not an RMCP packet")
            self._handle_ipmi_packet(bytearray(packet), qent=(None, None, None))
        except completion.MALFORMED as error:
            self.garbage += 1
            if self.garbage >= GARBAGE:
                self._fail(errors.BmcGarbage, f"{self.garbage} packets that are not IPMI; last: {error}")

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
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.lastpayload is not None:
            self.seqlun = (self.seqlun + 1) & 0x3F
        self.lastpayload, self._waiting = None, None
        self.request_entry.clear()
        self.pendingpayloads.clear()

    def _done(self, reply: Reply) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(reply)

    def _fail(self, kind: type[errors.BmcFault], why: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(self.fault(kind, why))

    def _request(self, netfn: int, command: int, data: bytes, lun: int) -> None:
        self.ipmicallback = self._answered
        self._send_ipmi_net_payload(netfn, command, data, retry=True, rslun=lun)

    def _answered(self, response: dict[str, typing.Any]) -> None:
        self.used = self._loop.time()
        self._done(Reply(response["code"], bytes(response["data"])))

    # --- sending; pyghmi calls these ---

    def _xmit_packet(self, retry: object, delay_xmit: object = None, timeout: object = None) -> None:
        if self.sequencenumber:   # zero stays zero: outside of a session
            self.sequencenumber += 1
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if retry:
            self._sent_at = self._loop.time()
            self._timer = self._loop.call_later(self._habits.patience * random.uniform(0.9, 1.2), self._timedout)
        self._send(bytes(self.netpacket))

    def _timedout(self) -> None:
        """No answer came: send again, in the way the state of the login allows."""
        self._tries += 1
        self._timer = None
        self._habits.lost()
        if self.sessioncontext == "ESTABLISHED":
            if self._tries >= LOST and not self.logging:
                return self._fail(errors.BmcTimeout, f"no answer to {self._tries} requests")
            self.hasretried = 1
            self.send_payload()
        elif self.sessioncontext == "OPENSESSION":
            self.lastpayload = None
            self._open_rmcpplus_request()
        elif self.sessioncontext in ("EXPECTINGRAKP2", "EXPECTINGRAKP4"):
            self.login()   # BMCs do not take RAKP 1 or 3 twice
        else:
            self.send_payload()
        return None

    def _parse_payload(self, payload: bytearray) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            if not self._tries:   # else nobody knows which of the requests it answers
                self._habits.answered(self._loop.time() - self._sent_at)
        super()._parse_payload(payload)

    # --- logging in; pyghmi calls these ---

    def login(self) -> None:
        """Begin the login, also from the beginning again."""
        self._initsession()
        wanted = address.CIPHERS[self.where.cipher]
        self.attemptedhash = self._habits.hash or wanted if self.where.cipher is None else wanted
        self.logontries = 0   # pyghmi's own second try would hide what the BMC answered
        self._get_channel_auth_cap()

    def _relog(self) -> None:
        self.login()

    def onlogon(self, parameter: dict[str, typing.Any]) -> None:
        """Take pyghmi's verdict about the login."""
        if "error" in parameter:
            self._fail(*completion.of_status(self._status, str(parameter["error"])))
        else:
            self._done(Reply(0, b""))

    def _got_channel_auth_cap(self, response: dict[str, typing.Any]) -> None:
        if response.get("code", 0) not in (0, 0xCC):   # 0xCC: pyghmi asks again in IPMI 1.5's way
            return self._fail(*completion.of_code(6, 0x38, response["code"]))
        super()._got_channel_auth_cap(response)
        return None

    def _get_session_challenge(self) -> None:
        self._fail(errors.BmcUnsupported, "it speaks IPMI 1.5 only; IPMI 2.0 is needed")

    def _got_rmcp_response(self, data: bytearray) -> None:
        if data[0] != self.rmcptag or self.sessioncontext != "OPENSESSION":
            return
        self._status = data[1]
        stronger = self.attemptedhash == 256
        if data[1] and (self.where.cipher == 17 or data[1] in (1, 0xB)):   # no session free is no word on hashes
            self.onlogon({"error": session.constants.rmcp_codes.get(data[1], "refused")})
        elif stronger and data[1] == 0 and len(data) > 16 and data[16] == 1 and self.where.cipher is None:
            self._habits.hash = self.attemptedhash = 1   # SHA-1 was answered unasked: ask for it
            self._open_rmcpplus_request()
        else:
            if data[1]:   # SHA-256 refused: SHA-1 from now on; SHA-1 refused: forget what was learned
                self._habits.hash = 1 if stronger else None
            super()._got_rmcp_response(data)

    def _got_rakp2(self, data: bytearray) -> None:
        if data[0] == self.rmcptag:
            self._status = data[1]
        super()._got_rakp2(data)

    def _got_rakp4(self, data: bytearray) -> None:
        if data[0] == self.rmcptag:
            self._status = data[1]
        super()._got_rakp4(data)

    def _req_priv_level(self) -> None:
        self.logged = 1
        self.ipmicallback = self._got_privilege
        self._send_ipmi_net_payload(6, 0x3B, data=[self.privlevel], retry=True)

    def _got_privilege(self, response: dict[str, typing.Any]) -> None:
        code = response["code"]
        if code in (0x80, 0x81):
            return self._fail(errors.BmcRefused, f"privilege level {self.where.privilege!r} is not allowed")
        if code:
            return self._fail(*completion.of_code(6, 0x3B, code))
        self._tries, self.logging = 0, False
        self._answered(response)
        return None
