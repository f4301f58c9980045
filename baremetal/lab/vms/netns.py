"""Calls a function inside a network namespace, for sockets that are to live there. Starts no process."""

import ctypes
import os
import pathlib
import threading
import typing

FOLDER = pathlib.Path("/run/netns")
CLONE_NEWNET = 0x40000000


def inside(name: str, work: typing.Callable[[], typing.Any]) -> typing.Any:
    """Return what ``work`` returns in a thread that is in the namespace; what it raises is raised here.

    A socket stays in the namespace it was made in, whoever uses it.
    """
    told: list[typing.Any] = []
    wrong: list[BaseException] = []

    def there() -> None:
        try:
            _enter(name)
            told.append(work())
        except BaseException as error:      # handed over to the thread that asked
            wrong.append(error)

    thread = threading.Thread(target=there, name=f"netns-{name}")
    thread.start()
    thread.join()
    if wrong:
        raise wrong[0]
    return told[0]


def _enter(name: str) -> None:
    descriptor = os.open(FOLDER / name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.setns(descriptor, CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, f"cannot enter the network namespace {name}: {os.strerror(number)}")
    finally:
        os.close(descriptor)
