"""The disk that is written, or a plain file in its place: large aligned writes, and old data made zero.

A hole of an image must read as zeros afterwards. The kernel is asked to do that without writing: to punch a hole, which
it grants only where the device then reads as zeros; next, to zero as the device itself offers to. Where it does
neither, it is told to discard, and what inside the image does not read as zero after that is overwritten.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import stat
import struct
import typing

KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 0x01, 0x02, 0x10        # of fallocate
BLKDISCARD, BLKGETSIZE64, BLKRRPART, BLKFLSBUF = 0x1277, 0x80081272, 0x125F, 0x1261
ALIGNMENT = 4096
BUFFER = 8 << 20
TAIL = 1 << 20          # where backup partition tables and RAID superblocks of old systems lie
NOT_HERE = (errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.EIO, errno.ENODEV, errno.ENOSYS, errno.EREMOTEIO)
_LIBC = ctypes.CDLL(None, use_errno=True)


class Device:
    """An open device. Use it as a context; leaving it flushes."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.number = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self.is_block = stat.S_ISBLK(os.fstat(self.number).st_mode)
        self.size = os.lseek(self.number, 0, os.SEEK_END)
        self._buffer = mmap.mmap(-1, BUFFER)        # page-aligned, as O_DIRECT demands
        self._direct = self._open_direct()
        self.zeroed_by: dict[str, int] = {}

    def __enter__(self) -> "Device":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            os.fsync(self.number)
        finally:
            if self._direct is not None:
                os.close(self._direct)
            os.close(self.number)
            self._buffer.close()

    def write(self, offset: int, content: bytes) -> None:
        """Write ``content`` at ``offset``, past the page cache where its place and length allow."""
        for start in range(0, len(content), BUFFER):
            part = memoryview(content)[start:start + BUFFER]
            aligned = self._direct is not None and (offset + start) % ALIGNMENT == 0
            whole = len(part) - len(part) % ALIGNMENT if aligned else 0
            if whole:
                self._buffer[:whole] = part[:whole]
                self._all(self._direct, memoryview(self._buffer)[:whole], offset + start)
            if whole < len(part):
                self._all(self.number, part[whole:], offset + start + whole)

    def zero(self, offset: int, length: int) -> None:
        """Make a stretch read as zeros, at best without writing."""
        begin, end = _aligned(offset, length)
        if end <= begin:
            self._write_zeros(offset, length)
            return
        self._write_zeros(offset, begin - offset)
        self._write_zeros(end, offset + length - end)
        if self._allocate(PUNCH_HOLE, begin, end - begin):
            self._count("punched", end - begin)
        # without an offer of the device the kernel would write zeros itself, needed or not
        elif self._offers_zeroing() and self._allocate(ZERO_RANGE, begin, end - begin):
            self._count("zeroed", end - begin)
        else:
            if self._discard(begin, end - begin):
                self._count("discarded", end - begin)
            self._write_zeros_where_needed(begin, end - begin)

    def forget(self, offset: int, length: int) -> None:
        """Let the device drop what lies behind the image, as far as that costs no writing, which could take hours."""
        begin, end = _aligned(offset, length)
        if end > begin and (self._allocate(PUNCH_HOLE, begin, end - begin) or self._discard(begin, end - begin)):
            self._count("dropped", end - begin)
        tail = max(offset, self.size - TAIL)
        self._write_zeros_where_needed(tail, self.size - tail)

    def _open_direct(self) -> int | None:
        try:
            return os.open(self.path, os.O_RDWR | os.O_DIRECT | os.O_CLOEXEC)
        except OSError:
            return None     # tmpfs and some others have none

    def _all(self, number: typing.Any, view: memoryview, offset: int) -> None:
        while view:
            count = os.pwrite(number, view, offset)
            view, offset = view[count:], offset + count

    def _offers_zeroing(self) -> bool:
        told = os.fstat(self.number).st_rdev
        queue = f"/sys/dev/block/{os.major(told)}:{os.minor(told)}/queue/write_zeroes_max_bytes"
        try:
            with open(queue) as file:
                return int(file.read()) > 0
        except (OSError, ValueError):
            return False

    def _allocate(self, mode: int, offset: int, length: int) -> bool:
        failed = _LIBC.fallocate(self.number, KEEP_SIZE | mode, ctypes.c_long(offset), ctypes.c_long(length))
        if failed and ctypes.get_errno() not in NOT_HERE:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), self.path)
        return not failed

    def _discard(self, offset: int, length: int) -> bool:
        if not self.is_block:
            return False
        try:
            fcntl.ioctl(self.number, BLKDISCARD, struct.pack("QQ", offset, length))
            fcntl.ioctl(self.number, BLKFLSBUF, 0)
        except OSError as error:
            if error.errno not in NOT_HERE:
                raise
            return False
        return True

    def _write_zeros(self, offset: int, length: int) -> None:
        self._count("written", length)
        while length > 0:
            part = min(length, BUFFER)
            self.write(offset, bytes(part))
            offset, length = offset + part, length - part

    def _write_zeros_where_needed(self, offset: int, length: int) -> None:
        step = 1 << 20
        for start in range(offset, offset + length, step):
            part = min(step, offset + length - start)
            old = os.pread(self.number, part, start)
            if old.count(0) != len(old):
                self._write_zeros(start, part)
            else:
                self._count("found zero", part)

    def _count(self, way: str, length: int) -> None:
        if length > 0:
            self.zeroed_by[way] = self.zeroed_by.get(way, 0) + length


def _aligned(offset: int, length: int) -> tuple[int, int]:
    """Return (begin, end) of the blocks that lie wholly in a stretch."""
    return -(-offset // ALIGNMENT) * ALIGNMENT, offset + length - (offset + length) % ALIGNMENT
