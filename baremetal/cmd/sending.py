"""Files on waitress: the kernel copies them to the connection, so that a gigabyte costs hardly more than its packets.

Waitress reads 18 KiB at a time and copies them twice. What sends nothing else knows: what a file is for is the
application's, which hands over a file wrapper like to any server.
"""

import os
import typing

import waitress.buffers
import waitress.task

from baremetal.cmd import streams

#: bytes that one connection may take before the next one has its turn
TURN = 4 * 2 ** 20
#: most that is given to the kernel at once
PORTION = 2 ** 20


class Portion(typing.NamedTuple):
    """A part of a file that is to be sent; stands where waitress has bytes."""

    file: int
    offset: int
    size: int


class Buffer(waitress.buffers.ReadOnlyFileBasedBuffer):
    """A file on its way out, of which waitress gets portions instead of bytes."""

    offset = 0

    def prepare(self, size: int | None = None) -> int:
        """Note where the file stands; return how much of it will go."""
        self.offset = self.file.tell()
        return int(super().prepare(size))

    def get(self, numbytes: int = -1, skip: bool = False) -> typing.Any:     # noqa: FBT001, FBT002  (waitress's)
        """Return the next portion."""
        return Portion(self.file.fileno(), self.offset, min(PORTION, self.remain))

    def skip(self, numbytes: int, allow_prune: int = 0) -> None:
        """Take note that so much went out."""
        self.offset += numbytes
        self.remain -= numbytes
        went = getattr(self.file, "went", None)
        if went is not None:
            went(numbytes)

    def close(self) -> None:
        """Close the file."""
        self.remain = 0
        self.file.close()


class Task(streams.Task):
    """A request whose answer may be a file."""

    def get_environment(self) -> dict[str, typing.Any]:
        """Return the environ, with our file wrapper."""
        environ: dict[str, typing.Any] = super().get_environment()
        environ["wsgi.file_wrapper"] = Buffer
        return environ


class Channel(streams.Channel):
    """A connection that sends portions of files."""

    task_class = Task
    left = TURN

    def _flush_some(self, do_close: bool = True) -> typing.Any:      # noqa: FBT001, FBT002  (waitress's)
        self.left = TURN
        return super()._flush_some(do_close=do_close)

    def send(self, data: typing.Any, do_close: bool = True) -> int:      # noqa: FBT001, FBT002  (waitress's)
        """Send bytes, or a portion of a file; 0 when the connection takes no more now, or others have their turn."""
        if not isinstance(data, Portion):
            return int(super().send(data, do_close=do_close))
        if self.left <= 0:
            return 0
        try:
            sent = os.sendfile(self.socket.fileno(), data.file, data.offset, min(data.size, self.left))
        except BlockingIOError:
            return 0
        except (BrokenPipeError, ConnectionError, TimeoutError):
            if do_close:
                self.handle_close()
            return 0
        if not sent:
            raise OSError(f"A file became {data.size} bytes shorter while it was sent")
        self.left -= sent
        return sent
