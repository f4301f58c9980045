"""How long a stream of events goes on: as long as the conf says, and no longer than the token that opened it."""

from baremetal.api import expose
from baremetal.api.guards import keystone

#: a comment, since what reads streams by names of events must not know it; the next request says it with 401, too
EXPIRED = b": the token that opened this stream has expired; come again with a new one, and with Last-Event-ID\n\n"


class Lifetime:
    """The time that one stream has, and its last words."""

    def __init__(self, call: expose.Call) -> None:
        self._clock = call.house.clock
        seconds, self._words = float(call.house.conf.api.stream_seconds), b""
        expires = call.request.environ.get(keystone.EXPIRES)
        if expires is not None:
            token = (expires - self._clock.now()).total_seconds()
            if token < seconds:
                seconds, self._words = token, EXPIRED
        self._until = self._clock.tick() + seconds

    def left(self) -> float:
        """Return how many seconds are left, none when it is over."""
        return max(0.0, self._until - self._clock.tick())

    def end(self) -> bytes:
        """Return the last words of a stream whose time is over; raises ``StopIteration`` when they are said."""
        words, self._words = self._words, b""
        if not words:
            raise StopIteration
        return words
