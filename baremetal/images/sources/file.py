"""file:// sources: only below folders that an operator allowed, by their real path; a link leads nowhere else."""

import os
import stat
import typing
import urllib.parse
from pathlib import Path

from baremetal import errors
from baremetal.images import guard, sink, sources

PORTION = 1 << 20


def copy(url: str, into: sink.Sink, means: sources.Means, progress: sources.Progress) -> sources.Stamp:
    """Write the file that ``url`` names into ``into`` and return its stamp. Blocks."""
    with _open(url, means) as file:
        now = _stamp(os.fstat(file.fileno()))
        into.expect(_data(os.fstat(file.fileno())))
        while chunk := file.read(PORTION):
            into.take(chunk)
            progress(into.size, now.size)
        if _stamp(os.fstat(file.fileno())) != now:
            raise errors.ImageUnavailable(source=guard.plain(url), why="it was changed while it was read")
    return now


def stamp(url: str, means: sources.Means) -> sources.Stamp:
    """Return what the file system says of the file now."""
    with _open(url, means) as file:
        return _stamp(os.fstat(file.fileno()))


def read(url: str, limit: int, means: sources.Means) -> bytes:
    """Return all of a small file; one larger than ``limit`` bytes is a fault."""
    with _open(url, means) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise errors.ImageTooLarge(source=guard.plain(url), size=f"more than {limit}", room=limit,
                                   what="what it is used for")
    return content


def allowed(url: str, means: sources.Means) -> Path:
    """Return the real path of the file that ``url`` names; one outside the allowed folders is a fault."""
    shown = guard.plain(url)
    parts = urllib.parse.urlsplit(url)
    if parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise errors.ImageForbidden(source=shown, why="a file URL is file:// and an absolute path, with no "
                                    "host, ? or #")
    path = urllib.parse.unquote(parts.path, errors="surrogateescape")
    if "\0" in path or not path.startswith("/"):
        raise errors.ImageForbidden(source=shown, why="its path is not absolute or has a NUL character")
    folders = means.conf.conductor.file_url_allowed_paths
    refused = errors.ImageForbidden(source=shown, why="it is not a file in one of the folders of "
                                    f"[conductor]file_url_allowed_paths ({', '.join(folders) or 'none'})")
    if ".." in Path(path).parts:
        raise refused
    try:
        real = Path(os.path.realpath(path, strict=True))
    except OSError:
        # whether something exists outside the folders is nobody's business
        real = Path(os.path.realpath(path))
        if _inside(real, folders):
            raise errors.ImageUnavailable(source=shown, why="there is no such file on this conductor") from None
        raise refused from None
    if not _inside(real, folders):
        raise refused
    return real


def _open(url: str, means: sources.Means) -> typing.BinaryIO:
    """Open the file, and check on what was opened that it is the one that was judged."""
    real, shown = allowed(url, means), guard.plain(url)
    try:
        number = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise errors.ImageUnavailable(source=shown, why=f"it cannot be read ({error.strerror})") from None
    try:
        opened = Path(os.readlink(f"/proc/self/fd/{number}"))
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise errors.ImageForbidden(source=shown, why="it is not a regular file")
        if not _inside(opened, means.conf.conductor.file_url_allowed_paths):
            raise errors.ImageForbidden(source=shown, why="it was moved out of the allowed folders while it was opened")
        return os.fdopen(number, "rb", buffering=0)
    except BaseException:
        os.close(number)
        raise


def _inside(path: Path, folders: list[str]) -> bool:
    """Return whether a real path lies below one of the folders.

    Where a real path begins with a folder's name, no link is in that name; only else is the folder's own real path
    asked for, which is dear.
    """
    absolute = [folder for folder in folders if os.path.isabs(folder)]
    return any(str(path).startswith(os.path.join(real(folder), ""))
               for real in (str, os.path.realpath) for folder in absolute)


def _stamp(told: os.stat_result) -> sources.Stamp:
    return sources.Stamp(told.st_size, f"{told.st_dev}-{told.st_ino}-{told.st_ctime_ns}", str(told.st_mtime_ns))


def _data(told: os.stat_result) -> int:
    return min(told.st_size, told.st_blocks * 512)
