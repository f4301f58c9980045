"""What a BMC's refusals mean: completion codes of commands and status codes of sessions, as faults.

The one place where foreign numbers and foreign exceptions become faults. Knows no session.
"""

import struct

from pyghmi.ipmi.private import constants

from baremetal import errors

#: completion code (IPMI 2.0 table 5-2) -> what is true; a code of no row is BmcUnsupported
CODES: dict[int, type[errors.BmcFault]] = {
    0xC0: errors.BmcBusy,           # node busy
    0xC1: errors.BmcUnsupported,    # invalid command
    0xC2: errors.BmcUnsupported,    # invalid for this LUN
    0xC3: errors.BmcBusy,           # time-out while processing
    0xC4: errors.BmcBusy,           # out of space
    0xC5: errors.BmcBusy,           # reservation cancelled
    0xC9: errors.BmcUnsupported,    # parameter out of range
    0xCC: errors.BmcUnsupported,    # invalid data field
    0xCE: errors.BmcBusy,           # response could not be provided
    0xCF: errors.BmcBusy,           # duplicated request
    0xD0: errors.BmcBusy,           # SDR repository in update mode
    0xD1: errors.BmcBusy,           # firmware update mode
    0xD2: errors.BmcBusy,           # initialization in progress
    0xD4: errors.BmcRefused,        # insufficient privilege
    0xD5: errors.BmcUnsupported,    # not in the present state
    0xD6: errors.BmcUnsupported,    # disabled
}

#: RMCP+ status code (table 13-15) -> what is true, where setting up a session was refused
STATUSES: dict[int, type[errors.BmcFault]] = {
    0x01: errors.BmcBusy,           # no free session
    0x02: errors.BmcBusy,           # session forgotten meanwhile
    0x03: errors.BmcGarbage,
    0x04: errors.BmcUnsupported,    # authentication algorithm
    0x05: errors.BmcUnsupported,    # integrity algorithm
    0x06: errors.BmcUnsupported,
    0x07: errors.BmcUnsupported,
    0x08: errors.BmcBusy,           # session no longer active
    0x09: errors.BmcRefused,        # role
    0x0A: errors.BmcRefused,        # privilege level
    0x0B: errors.BmcBusy,           # no free session at this level
    0x0C: errors.BmcRefused,        # length of the user's name
    0x0D: errors.BmcRefused,        # user's name
    0x0E: errors.BmcRefused,        # GUID
    0x0F: errors.BmcRefused,        # integrity check: the password
    0x10: errors.BmcUnsupported,
    0x11: errors.BmcUnsupported,    # no cipher suite in common
    0x12: errors.BmcGarbage,
}

#: what decoding an answer raises where the answer is too short, or is not what it should be
MALFORMED = (IndexError, KeyError, ValueError, struct.error)


def of_code(netfn: int, command: int, code: int) -> tuple[type[errors.BmcFault], str]:
    """Return fault class and sentence for the completion code of the answer to a request."""
    special = constants.command_completion_codes.get((netfn | 1, command), {})
    text = special.get(code) or constants.ipmi_completion_codes.get(code, "not in the specification")
    return CODES.get(code, errors.BmcUnsupported), f"completion code {code:#04x}: {text}"


def of_status(status: int, text: str) -> tuple[type[errors.BmcFault], str]:
    """Return fault class and sentence for a session that was refused; status 0 means: by us."""
    return STATUSES.get(status, errors.BmcRefused), f"{text} (RMCP+ status {status:#04x})" if status else text
