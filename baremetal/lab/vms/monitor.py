"""QEMU's monitor (QMP): commands and events of one process over one socket. Knows no machine."""

import itertools
import json
import queue
import socket
import threading
import typing

from baremetal.lab.vms import programs

ANSWER = 60.0
"""Seconds for a command; a busy host takes its time."""
Event = typing.Callable[[str, dict[str, typing.Any]], object]


class Monitor:
    """The monitor of a running QEMU. ``event`` is called in a thread of its own; "GONE" is the last one."""

    def __init__(self, opened: socket.socket, event: Event) -> None:
        self._socket, self._event = opened, event
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue[dict[str, typing.Any]]] = {}
        self._lock = threading.Lock()
        self._gone = False
        threading.Thread(target=self._read, name="qmp", daemon=True).start()

    def call(self, command: str, **arguments: typing.Any) -> typing.Any:
        """Do a command and return its answer; raise Trouble when QEMU refuses it or has gone."""
        number, answer = next(self._numbers), queue.SimpleQueue[dict[str, typing.Any]]()
        with self._lock:
            if self._gone:
                raise programs.Trouble(f"{command}: QEMU has ended")
            self._waiting[number] = answer
        try:
            asked = {"execute": command, "arguments": arguments, "id": number}
            self._socket.sendall(json.dumps(asked).encode() + b"\n")
            told = answer.get(timeout=ANSWER)
        except OSError as error:
            raise programs.Trouble(f"{command}: QEMU has ended ({error.strerror})") from error
        except queue.Empty:
            raise programs.Trouble(f"{command}: QEMU did not answer within {ANSWER:g} s") from None
        finally:
            self._waiting.pop(number, None)
        if "error" in told:
            raise programs.Trouble(f"{command}: {told['error']['desc']}")
        return told.get("return")

    def _read(self) -> None:
        try:
            with self._socket.makefile("rb") as lines:
                for line in lines:
                    self._take(json.loads(line))
        except (OSError, ValueError):
            pass    # the process has gone in the middle of a word; told below like any other end
        finally:
            self._socket.close()
        with self._lock:
            self._gone = True
        for answer in list(self._waiting.values()):
            answer.put({"error": {"desc": "QEMU has ended"}})
        self._event("GONE", {})

    def _take(self, told: dict[str, typing.Any]) -> None:
        if "event" in told:
            self._event(told["event"], told.get("data") or {})
        elif told.get("id") in self._waiting:
            self._waiting[told["id"]].put(told)
