"""The clients of the wire floor, made when first asked for and shared by all tasks of a process."""

import concurrent.futures
import threading
import typing

from oslo_config import cfg

from baremetal import clock

if typing.TYPE_CHECKING:
    from baremetal.clients import agent, cloud, ipmi


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
        self._agent: agent.Client | None = None
        self._cloud: cloud.Cloud | None = None

    @property
    def ipmi(self) -> "ipmi.Client":
        """The client of IPMI BMCs; its thread starts at the first use."""
        with self._lock:
            if self._ipmi is None:
                from baremetal.clients import ipmi  # a fleet of fakes needs neither its memory nor its thread

                limits = {limit: self._conf.ipmi[option] for limit, option in LIMITS.items()}
                self._ipmi = ipmi.Client(ticker=self._clock, **limits)
            return self._ipmi

    @property
    def agent(self) -> "agent.Client":
        """The client of agents in ramdisks; its thread starts at the first use."""
        with self._lock:
            if self._agent is None:
                from baremetal.clients import agent  # whoever deploys nothing needs no HTTP client in memory

                section = self._conf.agent
                self._agent = agent.Client(timeout=section.command_timeout, attempts=section.max_command_attempts)
            return self._agent

    @property
    def cloud(self) -> "cloud.Cloud":
        """The services beside us; whom nobody asks nobody connects to."""
        with self._lock:
            if self._cloud is None:
                from baremetal.clients import cloud  # whoever is alone needs none of it

                self._cloud = cloud.Cloud(self._conf, self._clock)
            return self._cloud

    def hang_up(self) -> None:
        """Let nobody wait for an agent any more, for this process ends: ``errors.ServiceEnds`` is what they get."""
        with self._lock:
            opened = self._agent
        if opened is not None:
            opened.hang_up()

    def close(self) -> None:
        """End all conversations; what is asked for later starts anew."""
        with self._lock:
            opened = self._ipmi, self._agent
            self._ipmi = self._agent = None
        for client in opened:
            if client is not None:
                client.close()


class Bounded(Wires):
    """The wires of a process for work that somebody waits for: all its conversations end within ``seconds``."""

    def __init__(self, wires: Wires, seconds: float, ticker: clock.Clock) -> None:
        self._wires, self._clock, self._until = wires, ticker, ticker.tick() + seconds

    @property
    def ipmi(self) -> "ipmi.Client":
        """The client of IPMI BMCs, in a hurry."""
        return typing.cast("ipmi.Client", Hurried(self._wires.ipmi, self._left))

    @property
    def agent(self) -> "agent.Client":
        """The client of agents, in a hurry."""
        return typing.cast("agent.Client", Hurried(self._wires.agent, self._left))

    @property
    def cloud(self) -> "cloud.Cloud":
        """The services beside us, whose time is bounded by their own options."""
        return self._wires.cloud

    def close(self) -> None:
        """Nothing: the process's wires go on."""

    def _left(self) -> float:
        return max(SHORTEST, self._until - self._clock.tick())


class Hurried:
    """A client whose operations take no longer than there is time left."""

    def __init__(self, client: "ipmi.Client | agent.Client", left: typing.Callable[[], float]) -> None:
        self._client, self._left = client, left

    def submit(self, where: typing.Any, operation: str, *given: typing.Any, within: float | None = None,
               **args: typing.Any) -> "concurrent.futures.Future[typing.Any]":
        """As the client's."""
        return self._client.submit(where, operation, *given, within=self._at_most(within), **args)

    def call(self, where: typing.Any, operation: str, *given: typing.Any, within: float | None = None,
             **args: typing.Any) -> typing.Any:
        """As the client's."""
        return self.submit(where, operation, *given, within=within, **args).result()

    def results(self, where: typing.Any, *, within: float | None = None) -> typing.Any:
        """As the client's."""
        return typing.cast("agent.Client", self._client).results(where, within=self._at_most(within))

    def _at_most(self, within: float | None) -> float:
        left = self._left()
        return left if within is None else min(within, left)
