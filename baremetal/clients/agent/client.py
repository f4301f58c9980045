"""The agents' client of a process: one thread, one loop, any number of agents. ``submit`` never blocks."""

import asyncio
import collections.abc
import concurrent.futures
import threading
import typing

from baremetal import errors
from baremetal.clients.agent import address, answers, conversation

Future = concurrent.futures.Future[typing.Any]


class Client:
    """Speaks to all agents of a process; its thread starts with the first command and ends with ``close``.

    The callbacks of its futures run in the client's thread: they must not block and must not ``call``.
    """

    def __init__(self, **limits: typing.Any) -> None:
        self.limits = conversation.Limits(**limits)
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._talks: conversation.Conversations | None = None
        self._watched: dict[tuple[str, str], Future] = {}
        #: what watchings ended with, until it is asked for; written by the client's thread only
        self._heard: dict[tuple[str, str], answers.Result] = {}
        self._closed = self._over = False

    def submit(self, where: address.Address, command: str, params: dict[str, typing.Any] | None = None, *,
               within: float | None = None, check: bool = True, size: int | None = None) -> Future:
        """Send a command and return at once; its result or fault comes with the future. As ``call``."""
        async def work(talks: conversation.Conversations) -> answers.Result:
            found = await talks.command(where, command, params or {}, size)
            return answers.check(where, command, found) if check else found
        return self._begin(work, where, command, self.limits.whole if within is None else within)

    def call(self, where: address.Address, command: str, params: dict[str, typing.Any] | None = None, *,
             within: float | None = None, check: bool = True, size: int | None = None) -> dict[str, typing.Any]:
        """Send a command and return its result as the agent lists it; RUNNING where it takes its time.

        Raises a fault of ``errors/agents.py``; AgentFailed only where ``check`` is set. ``within`` bounds the whole
        in seconds (the limits' product where it is not given), ``size`` the answer in bytes.
        """
        return typing.cast(answers.Result, self._wait(
            self.submit(where, command, params, within=within, check=check, size=size)))

    def results(self, where: address.Address, *, within: float | None = None) -> list[dict[str, typing.Any]]:
        """Return the results of all commands of the agent's boot, oldest first."""
        found = self._begin(lambda talks: talks.results(where), where, "the list of commands",
                            self.limits.whole if within is None else within)
        return typing.cast(list[answers.Result], self._wait(found))

    def watch(self, where: address.Address, ident: str, *, first: float = 0.2, every: float = 2.0) -> Future:
        """Return a future of a command's result, which comes when it does not run any more, failed or not.

        The agent is asked after ``first`` seconds, then less often down to ``every``; one silent for long is
        AgentUnreachable. Who watches the same twice gets the same future.
        """
        key = where.url, ident
        with self._starting:
            there = self._watched.get(key)
            if there is not None and not there.done():
                return there
        made = self._begin(lambda talks: talks.watch(where, ident, first, every), where, f"command {ident}", None)
        with self._starting:
            self._watched[key] = made
        made.add_done_callback(lambda ended: self._note(key, ended))
        return made

    def heard(self, where: address.Address, ident: str) -> dict[str, typing.Any] | None:
        """Return the result with which the watching of a command ended, the first time; None where it did not."""
        return self._heard.pop((where.url, ident), None)

    def _note(self, key: tuple[str, str], ended: Future) -> None:
        """Keep what a watching ended with, before others are told that it did."""
        if not ended.cancelled() and ended.exception() is None:
            self._heard[key] = ended.result()
            while len(self._heard) > conversation.REMEMBERED:
                self._heard.pop(next(iter(self._heard)), None)
        self._watched.pop(key, None)

    def forget(self, where: address.Address) -> None:
        """Stop watching an agent that has ended, and drop what is kept for it."""
        for key, future in list(self._watched.items()):
            if key[0] == where.url:
                future.cancel()
        if self._loop is not None and self._talks is not None and not self._closed:
            self._loop.call_soon_threadsafe(self._talks.forget, where)

    def hang_up(self) -> None:
        """End all conversations because the process ends: who waits for one, or begins one, gets ServiceEnds."""
        self._over = True
        with self._starting:
            loop = self._loop if not self._closed else None
        if loop is not None:
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])

    def close(self) -> None:
        """End all conversations, close all connections, stop the thread. The client cannot be used again."""
        with self._starting:
            self._closed = True
            loop, thread = self._loop, self._thread
        if loop is None or thread is None or not thread.is_alive():
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

    # --- the thread ---

    def _begin(self, work: collections.abc.Callable[[conversation.Conversations],
                                                    collections.abc.Coroutine[typing.Any, typing.Any, typing.Any]],
               where: address.Address, about: str, within: float | None) -> Future:
        if self._over:
            raise errors.ServiceEnds(what=about)
        loop = self._started()

        async def bounded() -> typing.Any:
            if self._talks is None:
                self._talks = conversation.Conversations(self.limits)
            try:
                async with asyncio.timeout(within):
                    return await work(self._talks)
            except asyncio.CancelledError:
                if self._over:
                    raise errors.ServiceEnds(what=about) from None
                raise
            except TimeoutError:
                raise answers.fault(errors.AgentUnreachable, where, about, f"no answer within {within:g} s") from None
        return asyncio.run_coroutine_threadsafe(bounded(), loop)

    def _wait(self, future: Future) -> typing.Any:
        if threading.current_thread() is self._thread:
            raise RuntimeError("the client's own thread may not wait for itself")
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            if not self._over:
                raise
            raise errors.ServiceEnds(what="a conversation with an agent") from None

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._closed:
                raise RuntimeError("the agents' client is closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._work, args=(self._loop,), name="agents", daemon=True)
                self._thread.start()
            return self._loop

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            if self._talks is not None:
                loop.run_until_complete(self._talks.close())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
