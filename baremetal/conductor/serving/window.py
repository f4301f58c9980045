"""A file, or a part of it, while it is sent: tells how much of it has gone out. Sends nothing itself.

A server that sends by itself (``cmd/sending.py``) says so by ``went``; any other reads, which counts as well.
"""

import collections.abc
import os
import typing


class Window:
    """Bytes ``start`` to ``end`` of a file, as a WSGI server's file wrapper takes it."""

    def __init__(self, file: typing.BinaryIO, start: int, end: int,
                 went: collections.abc.Callable[[int], None] | None = None) -> None:
        """``went`` is called with the number of bytes that were sent since the last call."""
        self._file, self._start, self._end, self._went = file, start, end, went
        self._far = start
        file.seek(start)

    def __len__(self) -> int:
        return self._end - self._start

    def fileno(self) -> int:
        """Return the descriptor, for servers that let the kernel send."""
        return self._file.fileno()

    def seekable(self) -> bool:
        """Return that ``seek`` works."""
        return True

    def tell(self) -> int:
        """Return the place in the file."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the file; the end is that of the window."""
        if whence == os.SEEK_END:
            return self._file.seek(self._end + offset)
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        """Return bytes up to the window's end."""
        left = max(0, self._end - self._file.tell())
        found = self._file.read(left if size < 0 else min(size, left))
        # who reads twice what it could not send has not sent it twice
        far = self._file.tell()
        if far > self._far:
            self.went(far - self._far)
            self._far = far
        return found

    def went(self, size: int) -> None:
        """Take note that ``size`` more bytes went out."""
        if self._went is not None and size:
            self._went(size)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
