"""Where a BMC is and who we are to it; the key under which sessions are kept. Speaks to nobody."""

import dataclasses

PRIVILEGES = {"callback": 1, "user": 2, "operator": 3, "administrator": 4, "admin": 4}

#: cipher suite -> pyghmi's name for its hash; None lets the strongest that the BMC takes win
CIPHERS = {None: 256, 3: 1, 17: 256}


@dataclasses.dataclass(frozen=True)
class Address:
    """One BMC and the credentials for it. Equal addresses share a session."""

    host: str
    """Name or IP address of the BMC."""
    port: int = 623
    """UDP port of IPMI over LAN."""
    username: str = ""
    """Name of the user; empty for the anonymous one."""
    password: str = dataclasses.field(repr=False, default="")
    """Password of the user; at most 20 bytes are used by IPMI."""
    privilege: str = "administrator"
    """Privilege level to ask for: a key of PRIVILEGES."""
    kg: bytes | None = dataclasses.field(repr=False, default=None)
    """The BMC's key K_G, when it has one."""
    cipher: int | None = None
    """Cipher suite to insist on: 3 (SHA-1) or 17 (SHA-256); None takes the best that the BMC knows."""

    def __post_init__(self) -> None:
        if self.privilege.lower() not in PRIVILEGES:
            raise ValueError(f"privilege {self.privilege!r} is none of {', '.join(PRIVILEGES)}")
        if self.cipher not in CIPHERS:
            raise ValueError(f"cipher suite {self.cipher!r} is not supported; 3 and 17 are")

    @property
    def level(self) -> int:
        """The privilege level as IPMI counts it."""
        return PRIVILEGES[self.privilege.lower()]
