"""The BMC's end of an RMCP+ session: cipher suites 3 and 17, RAKP as in IPMI 2.0 section 13.

pyghmi's server session is the base: its packets, encryption and parsing. Its handshake is replaced: it answers
SHA-1 whatever was asked, and is silent where the specification wants a refusal.
"""

import collections
import hashlib
import hmac
import os
import typing

from pyghmi.ipmi.private import constants, serversession

from baremetal import clock

USER, OPERATOR, ADMINISTRATOR = 2, 3, 4
NO_SESSION, NO_SUITE, ROLE, NAME, INTEGRITY = 0x01, 0x11, 0x09, 0x0D, 0x0F

#: (authentication, integrity, confidentiality) -> hash, bytes of it in a packet; the suites 3 and 17
SUITES: dict[tuple[int, int, int], tuple[typing.Any, int]] = {
    (1, 1, 1): (hashlib.sha1, 12),
    (3, 4, 1): (hashlib.sha256, 16),
}
#: the same suites as Get Channel Cipher Suites tells them (section 22.15)
SUITE_RECORDS = bytes((0xC0, 3, 0x01, 0x41, 0x81, 0xC0, 17, 0x03, 0x44, 0x81))


def suite(request: bytes) -> tuple[int, int, int]:
    """Return the algorithms that an open session request asks for."""
    return request[12], request[20], request[28]


def refusal(tag: int, status: int, console: bytes) -> bytes:
    """Return the body that says no at any step of the handshake."""
    return bytes((tag, status, 0, 0)) + console


class Session(serversession.ServerSession):
    """One session; ``bmc`` is asked for the user's password, and does the commands."""

    def __new__(cls, *args: object) -> typing.Self:
        return object.__new__(cls)   # pyghmi's own wants other arguments

    def __init__(self, bmc: typing.Any, peer: typing.Any, request: bytes) -> None:
        # Deliberately without pyghmi's __init__, which registers the session for its own select loop.
        self.bmc, self.socket, self.sockaddr = bmc, bmc.wire, peer
        self.currhashlib, self.currhashlen = SUITES[suite(request)]
        self._algorithms = suite(request)
        self.servermode, self.ipmiversion, self.authtype = True, 2.0, 6
        self.rqaddr = constants.IPMI_BMC_ADDRESS
        self.sequencenumber = self.sessionid = self.integrityalgo = self.confalgo = 0
        self.lastpayload = self.rqlun = None
        self.k1: bytes | None = None
        self.broken = self.active = False
        self.pendingpayloads: collections.deque[object] = collections.deque()
        self.clientsessionid, self.managedsessionid = bytes(request[4:8]), os.urandom(4)
        self.privilege = USER
        self.touched = clock.REAL.tick()
        self._answered: tuple[object, tuple[int, bytes]] | None = None
        self._answer(constants.payload_types["rmcpplusopenresponse"], self._agreed(request[0]))

    @property
    def number(self) -> bytes:
        """The id by which packets to this session are addressed."""
        return self.managedsessionid

    def receive(self, packet: bytearray) -> None:
        """Take a packet for this session: a message of the handshake, or a request."""
        self.touched = clock.REAL.tick()
        self._handle_ipmi2_packet(packet)

    def _agreed(self, tag: int) -> bytes:
        payloads = b"".join(bytes((kind, 0, 0, 8, number, 0, 0, 0)) for kind, number in enumerate(self._algorithms))
        return bytes((tag, 0, ADMINISTRATOR, 0)) + self.clientsessionid + self.managedsessionid + payloads

    def _answer(self, kind: int, body: bytes) -> None:
        self.send_payload(bytearray(body), kind, retry=False)

    def _hmac(self, key: bytes, *parts: bytes) -> bytes:
        return hmac.new(key, b"".join(parts), self.currhashlib).digest()

    # --- the handshake; pyghmi calls these ---

    def _got_rakp1(self, data: bytearray) -> None:
        kind, tag = constants.payload_types["rakp2"], data[0]
        self._console_random, self._role = bytes(data[8:24]), data[24]
        name = bytes(data[28:28 + data[27]])
        self._who = bytes((self._role, len(name))) + name
        password = self.bmc.password_of(name.decode("latin-1"))
        if password is None:
            return self._answer(kind, refusal(tag, NAME, self.clientsessionid))
        if not 0 < self._role & 0x0F <= ADMINISTRATOR:
            return self._answer(kind, refusal(tag, ROLE, self.clientsessionid))
        self._key, self._random = password.encode(), os.urandom(16)
        proof = self._hmac(self._key, self.clientsessionid, self.managedsessionid, self._console_random,
                           self._random, self.bmc.uuid.bytes, self._who)
        return self._answer(kind, bytes((tag, 0, 0, 0)) + self.clientsessionid + self._random
                            + self.bmc.uuid.bytes + proof)

    def _got_rakp3(self, data: bytearray) -> None:
        kind, tag = constants.payload_types["rakp4"], data[0]
        if data[1]:   # the console does not like what we said
            return self.bmc.forget(self)
        wanted = self._hmac(self._key, self._random, self.clientsessionid, self._who)
        if not hmac.compare_digest(wanted, bytes(data[8:])):
            self._answer(kind, refusal(tag, INTEGRITY, self.clientsessionid))
            return self.bmc.forget(self)
        sik = self._hmac(self.bmc.kg or self._key, self._console_random, self._random, self._who)
        self.k1, self.k2 = self._hmac(sik, b"\x01" * 20), self._hmac(sik, b"\x02" * 20)
        self.aeskey = self.k2[:16]
        proof = self._hmac(sik, self._console_random, self.managedsessionid, self.bmc.uuid.bytes)
        self._answer(kind, bytes((tag, 0, 0, 0)) + self.clientsessionid + proof[:self.currhashlen])
        self.localsid = int.from_bytes(self.managedsessionid, "little")
        self.sessionid = int.from_bytes(self.clientsessionid, "little")
        self.confalgo = self.integrityalgo = 1
        self.sequencenumber, self.active = 1, True
        self.ipmicallback = self._asked
        return None

    # --- requests ---

    def raise_privilege(self, level: int) -> int | None:
        """Set the level of this session, and return it; None when the user may not have it."""
        if level > self._role & 0x0F:
            return None
        if level:
            self.privilege = level
        return self.privilege

    def _asked(self, request: dict[str, typing.Any]) -> None:
        """Answer a request; the same one again, sent because an answer was lost, is answered but not done twice."""
        data = bytes(request["data"])
        same = (self.seqlun, request["netfn"], request["command"], data)
        if self._answered is None or self._answered[0] != same:
            self._answered = (same, self.bmc.do(self, (request["netfn"], request["command"]), data))
        code, answer = self._answered[1]
        self._send_ipmi_net_payload(code=code, data=answer)
