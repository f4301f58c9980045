"""One RMCP+ session with one BMC: logging in, asking, closing. How packets travel is ``transmission.py``."""

import struct
import typing

from pyghmi.ipmi.private import constants

from baremetal import errors
from baremetal.clients.ipmi import address, completion, transmission

APPLICATION = 0x06
AUTHENTICATION, SET_PRIVILEGE, CLOSE = 0x38, 0x3B, 0x3C
NOT_THIS_LEVEL = (0x80, 0x81)
ONLY_1_5 = 0xCC
NO_SESSION_FREE = (0x01, 0x0B)
SHA256, SHA1 = 256, 1
"""What pyghmi calls the two hashes."""


class Session(transmission.Transmission):
    """A session of ours, opened with ``open``, asked with ``ask``."""

    def __init__(self, where: address.Address, send: transmission.Send, habits: transmission.Habits) -> None:
        super().__init__(where, send, habits)
        self.used = 0.0
        self.userid, self.password = where.username.encode(), where.password.encode()
        self.kgo, self.kg = where.kg, where.kg or self.password
        self.privlevel, self.autopriv, self.nameonly = where.level, False, 16
        self.servermode = self.broken = self.nowait = self.incommand = False
        self.maxtimeout = self.timeout = 2
        self.logged = self.logontries = 0

    async def open(self) -> None:
        """Log in. Goes on until it succeeds, a fault is certain, or the caller's time-out cancels it."""
        self.doing = "login"
        await self._await(self.login)

    async def ask(self, netfn: int, command: int, data: bytes = b"", lun: int = 0) -> transmission.Reply:
        """Send one request and return its answer, whatever its completion code is."""
        return await self._await(lambda: self._request(netfn, command, data, lun))

    def close(self) -> None:
        """Tell the BMC that the session has ended; do not wait for its answer."""
        self._silence()
        if self.logged:
            self._send_ipmi_net_payload(APPLICATION, CLOSE, data=struct.pack("<I", self.sessionid), retry=False)
        self.logged = 0

    def _request(self, netfn: int, command: int, data: bytes, lun: int) -> None:
        self.ipmicallback = self._answered
        self._send_ipmi_net_payload(netfn, command, data, retry=True, rslun=lun)

    def _answered(self, response: dict[str, typing.Any]) -> None:
        self.used = self._loop.time()
        self._done(transmission.Reply(response["code"], bytes(response["data"])))

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

    def _got_channel_auth_cap(self, response: dict[str, typing.Any]) -> None:
        code = response.get("code", 0)
        if code and (code != ONLY_1_5 or self.ipmi15only):   # at first pyghmi asks again in IPMI 1.5's way
            return self._fail(*completion.of_code(APPLICATION, AUTHENTICATION, code))
        super()._got_channel_auth_cap(response)
        return None

    def _get_session_challenge(self) -> None:
        self._fail(errors.BmcUnsupported, "it speaks IPMI 1.5 only; IPMI 2.0 is needed")

    def _got_rmcp_response(self, data: bytearray) -> None:
        if data[0] != self.rmcptag or self.sessioncontext != "OPENSESSION":
            return
        self._status = data[1]
        stronger = self.attemptedhash == SHA256
        if data[1] and (self.where.cipher == 17 or data[1] in NO_SESSION_FREE):   # these say nothing about hashes
            self.onlogon({"error": constants.rmcp_codes.get(data[1], "refused")})
        elif stronger and data[1] == 0 and len(data) > 16 and data[16] == 1 and self.where.cipher is None:
            self._habits.hash = self.attemptedhash = SHA1   # SHA-1 was answered unasked: ask for it
            self._open_rmcpplus_request()
        else:
            if data[1]:   # SHA-256 refused: SHA-1 from now on; SHA-1 refused: forget what was learned
                self._habits.hash = SHA1 if stronger else None
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
        self._send_ipmi_net_payload(APPLICATION, SET_PRIVILEGE, data=[self.privlevel], retry=True)

    def _got_privilege(self, response: dict[str, typing.Any]) -> None:
        code = response["code"]
        if code in NOT_THIS_LEVEL:
            return self._fail(errors.BmcRefused, f"privilege level {self.where.privilege!r} is not allowed")
        if code:
            return self._fail(*completion.of_code(APPLICATION, SET_PRIVILEGE, code))
        self.logging = False
        self._answered(response)
        return None
