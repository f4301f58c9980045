"""The clients of the wire floor, made when first asked for and shared by all tasks of a process."""

import concurrent.futures
import threading
import typing

from oslo_config import cfg

from baremetal import clock

if typing.TYPE_CHECKING:
    from baremetal.clients import ipmi


#: limit of ``clients.ipmi.Limits``: the option of section ipmi that sets it
LIMITS = {
    "timeout": "command_retry_timeout",
    "min_interval": "min_command_interval",
    "idle": "session_idle",
    "breaker_failures": "breaker_failures",
    "breaker_rest": "breaker_rest",
    "most": "max_conversations",
}
#: seconds that an operation gets even when there is no time left
SHORTEST = 0.1


class Wires:
    """Who drivers speak to hardware through. Safe to use from many threads; close it at the end."""

    def __init__(self, conf: cfg.ConfigOpts, ticker: clock.Clock = clock.REAL) -> None:
        self._conf, self._clock = conf, ticker
        self._lock = threading.Lock()
        self._ipmi: ipmi.Client | None = None

    @property
    def ipmi(self) -> "ipmi.Client":
        """The client of IPMI BMCs; its thread starts at the first use."""
        with self._lock:
            if self._ipmi is None:
                from baremetal.clients import ipmi  # a fleet of fakes needs neither its memory nor its thread

                limits = {limit: self._conf.ipmi[option] for limit, option in LIMITS.items()}
                self._ipmi = ipmi.Client(ticker=self._clock, **limits)
            return self._ipmi

    def close(self) -> None:
        """End all conversations; what is asked for later starts anew."""
        with self._lock:
            ipmi, self._ipmi = self._ipmi, None
        if ipmi is not None:
            ipmi.close()


class Bounded(Wires):
    """The wires of a process for work that somebody waits for: all its conversations end within ``seconds``."""

    def __init__(self, wires: Wires, seconds: float, ticker: clock.Clock) -> None:
        self._wires, self._clock, self._until = wires, ticker, ticker.tick() + seconds

    @property
    def ipmi(self) -> "ipmi.Client":
        """The client of IPMI BMCs, in a hurry."""
        return typing.cast("ipmi.Client", Hurried(self._wires.ipmi, self._left))

    def close(self) -> None:
        """Nothing: the process's wires go on."""

    def _left(self) -> float:
        return max(SHORTEST, self._until - self._clock.tick())


class Hurried:
    """A client whose operations take no longer than there is time left."""

    def __init__(self, client: "ipmi.Client", left: typing.Callable[[], float]) -> None:
        self._client, self._left = client, left

    def submit(self, where: typing.Any, operation: str, *, within: float | None = None, **args: typing.Any
               ) -> "concurrent.futures.Future[typing.Any]":
        """As the client's."""
        left = self._left()
        return self._client.submit(where, operation, within=left if within is None else min(within, left), **args)

    def call(self, where: typing.Any, operation: str, *, within: float | None = None, **args: typing.Any) -> typing.Any:
        """As the client's."""
        return self.submit(where, operation, within=within, **args).result()
