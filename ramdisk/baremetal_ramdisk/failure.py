"""What the writer raises. The manager turns it into the agent's own errors; the writer itself knows no agent."""


class Failure(Exception):
    """The image could not be written; the text is for a person."""


class TooLarge(Failure):
    """The image is larger than the device."""


class Damaged(Failure):
    """What came is not what was promised."""


class Unreachable(Failure):
    """The server did not give what was asked for."""
