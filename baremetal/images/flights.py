"""One flight for many passengers: work that several threads ask for at once is done once. Keeps nothing afterwards."""

import concurrent.futures
import threading
import typing

#: (phase, done, total or None)
Progress = typing.Callable[[str, int, int | None], None]
Result = typing.TypeVar("Result")


class Flights(typing.Generic[Result]):
    """The work that goes on now, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._aloft: dict[typing.Hashable, tuple[concurrent.futures.Future[Result], list[Progress]]] = {}

    def board(self, key: typing.Hashable, work: typing.Callable[[Progress], Result],
              progress: Progress | None) -> Result:
        """Return or raise what ``work`` does, or what the one will that goes on under ``key`` already."""
        with self._lock:
            leads = key not in self._aloft
            future, listeners = self._aloft.setdefault(key, (concurrent.futures.Future(), []))
            if progress is not None:
                listeners.append(progress)
        if not leads:
            return future.result()

        def tell(phase: str, done: int, total: int | None) -> None:
            for listener in tuple(listeners):
                listener(phase, done, total)

        try:
            result = work(tell)
        except BaseException as error:
            self._land(key)
            future.set_exception(error)
            raise
        self._land(key)
        future.set_result(result)
        return result

    def _land(self, key: typing.Hashable) -> None:
        with self._lock:
            del self._aloft[key]
