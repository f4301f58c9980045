"""The circuit breaker of one BMC: after failures in a row it is left alone for a while. Speaks to nobody."""

import datetime
import random

from baremetal import clock, errors

#: failures that say something about the BMC itself; a wrong password or an unknown command do not
COUNTED = (errors.BmcUnreachable, errors.BmcTimeout, errors.BmcGarbage)
LONGEST = 8
"""How many times the first rest a rest may become."""


class Breaker:
    """Counts failures in a row; open while resting; lets one trial through after a rest."""

    def __init__(self, failures: int, rest: float, ticker: clock.Clock) -> None:
        self._most, self._rest, self._clock = failures, rest, ticker
        self.failures = 0
        self._until: float | None = None
        self._opened: datetime.datetime | None = None
        self._why = ""

    @property
    def resting(self) -> bool:
        """Whether nothing may be sent now."""
        return self._until is not None and self._clock.tick() < self._until

    def check(self, host: str, port: int, operation: str) -> None:
        """Raise BmcResting while the BMC is left alone."""
        if self._until is None or not self.resting:
            return
        left = self._until - self._clock.tick()
        until = self._clock.now() + datetime.timedelta(seconds=left)
        raise errors.BmcResting(host=host, port=port, operation=operation, failures=self.failures, why=self._why,
                                since=clock.iso(self._opened), until=clock.iso(until.replace(microsecond=0)))

    def failed(self, fault: errors.BmcFault) -> bool:
        """Take note of a failure; return whether the BMC rests from now on."""
        if not isinstance(fault, COUNTED):
            return False
        if not self.failures:
            self._opened = self._clock.now().replace(microsecond=0)
        self.failures += 1
        self._why = fault.text
        if self.failures < self._most:
            return False
        times = min(LONGEST, 2 ** (self.failures - self._most))
        self._until = self._clock.tick() + self._rest * times * random.uniform(0.9, 1.1)  # a rack does not wake at once
        return True

    def worked(self) -> bool:
        """Take note of an answer; return whether that ended a rest."""
        ended = self._until is not None
        self.failures, self._until = 0, None
        return ended
