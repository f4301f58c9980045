"""The commands of an agent: one at a time, in the foreground or in the background, results kept in order.

What the commands do stands in ``standby`` and ``steps``; here is how they are run and what their results look like.
"""

import asyncio
import dataclasses
import inspect
import typing
import uuid

import aiohttp

from baremetal.lab.agent import failures

RUNNING, SUCCEEDED, FAILED, MISMATCH = "RUNNING", "SUCCEEDED", "FAILED", "CLEAN_VERSION_MISMATCH"
Params = dict[str, typing.Any]
#: what parameters that make no sense, or a network that breaks, may raise
BROKEN = (LookupError, TypeError, ValueError, AttributeError, OSError, TimeoutError, aiohttp.ClientError)


@dataclasses.dataclass(frozen=True)
class Command:
    """One row of the table of commands."""

    work: typing.Callable[..., typing.Awaitable[typing.Any]]
    """Called with the agent and the parameters."""
    background: bool = False
    """Whether the answer comes before the end."""
    check: typing.Callable[[Params], None] | None = None
    """Raises InvalidCommandParamsError before anything begins."""


@dataclasses.dataclass
class Result:
    """A command that was given, and what became of it."""

    name: str
    status: str = RUNNING
    result: typing.Any = None
    error: typing.Any = None
    number: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    done: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    def end(self, status: str, result: typing.Any = None, error: typing.Any = None) -> None:
        """Say what became of it."""
        self.status, self.result, self.error = status, result, error
        self.done.set()

    def plain(self) -> Params:
        """Return it as the API shows it."""
        return {"id": self.number, "command_name": self.name, "command_status": self.status,
                "command_result": self.result, "command_error": self.error}


class Board:
    """All commands that one agent was given since it started."""

    def __init__(self, agent: typing.Any, table: dict[str, Command]) -> None:
        self._agent, self._table = agent, table
        self.results: dict[str, Result] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, number: str) -> Result:
        """Return the result with an id."""
        if number not in self.results:
            raise failures.missing("Command Result", number)
        return self.results[number]

    async def execute(self, name: str, params: Params) -> Result:
        """Run a command, or start it; raise Failure when it cannot even be begun."""
        extension, dot, short = name.partition(".")
        if not dot:
            raise failures.Failure("InvalidCommandError", "Command name must be of the form <extension>.<name>")
        last = next(reversed(self.results.values()), None)
        if last is not None and last.status == RUNNING:
            raise failures.Failure("AgentIsBusy", f"executing command {last.name}")
        if extension not in {known.partition(".")[0] for known in self._table}:
            raise failures.missing("Extension", extension)
        command = self._table.get(name)
        if command is None:
            raise failures.Failure("InvalidCommandError", f"Unknown command: {short}")
        if command.check is not None:
            command.check(params)
        result = Result(short)
        self.results[result.number] = result
        if command.background:
            task = asyncio.get_running_loop().create_task(self._behind(command, result, params))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            await self._before(command, result, name, params)
        return result

    def stop(self) -> None:
        """Stop what still runs."""
        for task in self._tasks:
            task.cancel()

    async def _before(self, command: Command, result: Result, name: str, params: Params) -> None:
        """Run a command while its caller waits."""
        try:
            value = await self._work(command, result.name, params)
        except (*BROKEN, failures.Failure) as error:
            failure = _failure(error)
            if failure.kind in failures.CONTENT:    # the caller is told at once, and nothing is kept
                del self.results[result.number]
                raise failure from error
            result.name = name      # the real agent shows the full name here, and only here
            result.end(FAILED, error=failure.plain())
        else:
            result.end(SUCCEEDED, {"result": value} if isinstance(value, str) else value)

    async def _behind(self, command: Command, result: Result, params: Params) -> None:
        """Run a command in the background; its end asks for a heartbeat."""
        self._agent.interrupt()
        try:
            value = await self._work(command, result.name, params)
        except (*BROKEN, failures.Failure) as error:
            failure = _failure(error)
            result.end(MISMATCH if failure.kind == "VersionMismatch" else FAILED, error=failure.plain())
        else:
            result.end(SUCCEEDED, {"result": f"{result.name}: {value}"} if isinstance(value, str) else value)
        self._agent.tell(f"command {result.name}: {result.status} {result.error or ''}")
        self._agent.hurry()

    async def _work(self, command: Command, name: str, params: Params) -> typing.Any:
        for fault in self._agent.faults:
            fault.command(name)
            if not fault.ends(name):
                await asyncio.Event().wait()
        try:
            inspect.signature(command.work).bind(self._agent, **params)
        except TypeError as error:
            raise failures.Failure("CommandExecutionError", f"{name}() {error}") from error
        return await command.work(self._agent, **params)


def _failure(error: Exception) -> failures.Failure:
    """Return what the agent says of an error: its own failures as they are, others by their text."""
    if isinstance(error, failures.Failure):
        return error
    return failures.Failure("CommandExecutionError", str(error) or type(error).__name__)
