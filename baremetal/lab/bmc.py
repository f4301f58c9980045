"""A simulated BMC: the UDP end of one machine. Takes packets, finds the session, does commands from a table.

Built on pyghmi's ``Bmc``, without its sockets and loop. What commands do stands in one file per group; here is only
what a packet is. Not thread-safe: everything happens in the loop's thread.
"""

import logging
import typing

from pyghmi.ipmi import bmc

from baremetal import clock
from baremetal.lab import chassis, command, controller, eventlog, faults, inventory, lan, machine, sensors, session

LOG = logging.getLogger(__name__)

RMCP = b"\x06\x00\xff\x07"
SESSIONS = 16
"""Sessions that the BMC has room for."""
IDLE, HALF_OPEN = 60.0, 10.0
"""Seconds after which an unused session is forgotten; and one whose handshake was not finished."""
BARE, IN_2_0 = 14, 16
"""Where the message begins in an envelope of IPMI 1.5 and 2.0."""
OPEN_REQUEST, RAKP1, RAKP3 = 0x10, 0x12, 0x14
DUPLICATE, TRUNCATED, PRIVILEGE, UNKNOWN, UNSPECIFIED = 0xCF, 0xC7, 0xD4, 0xC1, 0xFF

COMMANDS: dict[tuple[int, int], command.Command] = {
    **controller.COMMANDS, **chassis.COMMANDS, **sensors.COMMANDS, **eventlog.COMMANDS, **inventory.COMMANDS,
    **lan.COMMANDS,
}

Send = typing.Callable[[bytes, typing.Any], None]


class Wire:
    """What pyghmi takes for a socket: packets go through the faults to the real one."""

    def __init__(self, owner: "Bmc", send: Send, later: machine.Later) -> None:
        self._owner, self._send, self._later = owner, send, later

    def setblocking(self, flag: object) -> None:
        """Do nothing; pyghmi asks for it before each packet."""

    def sendto(self, packet: bytes, peer: typing.Any) -> None:
        """Send what the faults leave of a packet, when they let it go."""
        wait = sum(fault.delay() for fault in self._owner.faults)
        if wait:
            self._later(wait, lambda: self._go(bytes(packet), peer))
        else:
            self._go(bytes(packet), peer)

    def _go(self, packet: bytes, peer: typing.Any) -> None:
        for fault in self._owner.faults:
            left = fault.sends(packet)
            if left is None:
                return
            packet = left
        self._send(packet, peer)


class Bmc(bmc.Bmc):
    """The BMC of one machine."""

    def __init__(self, owned: machine.Machine, login: tuple[str, str], send: Send, later: machine.Later) -> None:
        # Deliberately without pyghmi's __init__, which opens a socket in pyghmi's own loop.
        self.machine, self.later = owned, later
        self.faults = faults.Faults()
        self.wire = Wire(self, send, later)
        self.users = dict((login,))
        self.uuid, self.kg = owned.identity.guid, None
        self.address, self.port = "0.0.0.0", 623
        self.sessions: dict[bytes, session.Session] = {}
        self.counts = {"packets": 0, "opened": 0, "closed": 0, "commands": 0}
        self.log = eventlog.Log(owned)
        self.boot = chassis.BootOptions(self)

    # --- what faults and the fleet do ---

    def password_of(self, name: str) -> str | None:
        """Return what this BMC takes for the password of a user; None: there is no such user."""
        password = self.users.get(name)
        for fault in self.faults if password is not None else ():
            password = fault.password(password or "")
        return password

    def power(self) -> str:
        """Return what this BMC says about the power."""
        state = self.machine.power
        for fault in self.faults:
            state = fault.power(state)
        return state

    def restart(self) -> None:
        """Forget all sessions, as after a loss of power."""
        self.sessions.clear()

    def forget(self, old: session.Session) -> None:
        """Forget one session."""
        if self.sessions.pop(old.number, None) is not None:
            self.counts["closed"] += 1

    def switch(self, name: str, *, on: bool, value: float | str | None = None) -> None:
        """Switch a fault on or off; a BMC that was dead is reborn without its sessions."""
        if on:
            self.faults.switch_on(name, value)
        elif self.faults.switch_off(name) and name == faults.Dead.name:
            self.restart()

    # --- packets ---

    def receive(self, packet: bytes, peer: typing.Any) -> None:
        """Take one packet from the network."""
        if not all(fault.hears() for fault in self.faults):
            return
        self.counts["packets"] += 1
        if len(packet) < 20 or packet[:4] != RMCP:
            return
        try:
            self._session_packet(bytearray(packet), peer) if packet[4] == 6 else self._bare(packet, BARE, peer)
        except (IndexError, KeyError, ValueError, AttributeError) as error:   # any nonsense may come from a network
            LOG.debug("%s: ignored a packet that makes no sense: %r", self.machine.identity.name, error)

    def _session_packet(self, packet: bytearray, peer: typing.Any) -> None:
        kind, number, body = packet[5] & 0x3F, bytes(packet[6:10]), packet[16:]
        if kind == OPEN_REQUEST:
            self._open(bytes(body), peer)
        elif kind in (RAKP1, RAKP3):
            self._hand_over(bytes(body[4:8]), packet)
        elif number != bytes(4):
            self._hand_over(number, packet)
        elif kind == 0:
            self._bare(bytes(packet), IN_2_0, peer)

    def _hand_over(self, number: bytes, packet: bytearray) -> None:
        known = self.sessions.get(number)
        if known is None:
            return
        if clock.REAL.tick() - known.touched > (IDLE if known.active else HALF_OPEN):
            self.forget(known)
            return
        known.receive(packet)

    def _open(self, request: bytes, peer: typing.Any) -> None:
        now, status = clock.REAL.tick(), 0
        for old in list(self.sessions.values()) if len(self.sessions) >= SESSIONS else ():
            if now - old.touched > (IDLE if old.active else HALF_OPEN):
                self.forget(old)
        if session.suite(request) not in session.SUITES:
            status = session.NO_SUITE
        elif len(self.sessions) >= SESSIONS:
            status = session.NO_SESSION
        if status:
            body = session.refusal(request[0], status, request[4:8])
            header = RMCP + bytes((6, 0x11)) + bytes(8) + len(body).to_bytes(2, "little")
            self.wire.sendto(header + body, peer)
            return
        new = session.Session(self, peer, request)
        self.sessions[new.number] = new
        self.counts["opened"] += 1

    def _bare(self, packet: bytes, start: int, peer: typing.Any) -> None:
        """Answer a request outside of sessions, in the envelope it came in."""
        to, netfn, _, origin, sequence, number = packet[start:start + 6]
        found = COMMANDS.get((netfn >> 2, number))
        if found is None or found.level:   # nothing else is for those who have not logged in
            return
        code, data = self._done(found, bytes(packet[start + 6:-1]))
        head = bytes((origin, (netfn >> 2 | 1) << 2 | sequence & 3))
        body = bytes((to, sequence & 0xFC | netfn & 3, number, code)) + data
        message = head + command.checksum(head) + body + command.checksum(body)
        length = len(message).to_bytes(1 if start == BARE else 2, "little")
        self.wire.sendto(packet[:start - len(length)] + length + message, peer)

    # --- commands ---

    def do(self, opened: session.Session, key: tuple[int, int], data: bytes) -> tuple[int, bytes]:
        """Do a command that came through a session; return completion code and answer."""
        self.counts["commands"] += 1
        special = controller.SESSION.get(key)
        if special is not None:
            return special(opened, data)
        code = next((code for fault in self.faults if (code := fault.code(key))), 0)
        if code:
            return code, b""
        found = COMMANDS.get(key)
        if found is None:
            return UNKNOWN, b""
        return self._done(found, data) if found.level <= opened.privilege else (PRIVILEGE, b"")

    def _done(self, found: command.Command, data: bytes) -> tuple[int, bytes]:
        try:
            return 0, bytes(found.work(self, data) or b"")
        except command.Refused as refused:
            return refused.code, b""
        except IndexError:   # the request is shorter than the command needs
            return TRUNCATED, b""
