"""Other formats made raw by qemu-img: sparse, within bounds of memory, time and disk. Judges no safety."""

import json
import shutil
import subprocess
from pathlib import Path

from oslo_config import cfg

from baremetal import errors
from baremetal.images import formats, guard, sink

#: our word: qemu's
NAMES = {"vhd": "vpc"}
MIB = 1 << 20
# the limit is set by the shell, for what runs between fork and exec of a program with threads must be little
LIMITED = 'ulimit -v "$1"; shift; MALLOC_ARENA_MAX=3 exec "$@"'


def to_raw(path: Path, found: formats.Format, raw: Path, bounds: sink.Bounds, conf: cfg.ConfigOpts) -> None:
    """Write the disk in ``path`` to the sparse file ``raw``. Blocks."""
    bounds.need_size(found.virtual_size)
    kind = NAMES.get(found.name, found.name)
    # the extents of data, not the virtual size: that is what a sparse file will take
    listing = json.loads(_run(["map", "-f", kind, "--output=json", f"file:{path}"], raw.parent, bounds, conf))
    needed = sum(extent["length"] for extent in listing if extent["data"] and not extent["zero"])
    bounds.need_room(needed)
    _run(["convert", "-f", kind, "-O", "raw", "-S", "64k", "-W", f"file:{path}", f"file:{raw}"],
         raw.parent, bounds, conf)
    with raw.open("rb+") as file:
        if file.seek(0, 2) != found.virtual_size:
            raise errors.ImageFault(source=guard.plain(bounds.source), why=f"it became {file.tell()} bytes when made "
                                    f"raw; its header says {found.virtual_size}")


def _run(words: list[str], folder: Path, bounds: sink.Bounds, conf: cfg.ConfigOpts) -> str:
    """Run qemu-img and return what it says."""
    program = shutil.which("qemu-img")
    if program is None:
        raise errors.ProgramMissing(program="qemu-img", purpose="images that are not raw", package="qemu-utils")
    limit = conf.disk_utils.image_convert_memory_limit * 1024
    command = ["sh", "-c", LIMITED, "sh", str(limit), program, *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False,
                              stdin=subprocess.DEVNULL, cwd=folder, timeout=conf.images.convert_timeout)
    except subprocess.TimeoutExpired:
        raise errors.ImageFault(source=guard.plain(bounds.source), why="its conversion took longer than "
                                f"[images]convert_timeout ({conf.images.convert_timeout} seconds)") from None
    if done.returncode:
        if "No space left" in done.stderr or "Disk quota exceeded" in done.stderr:
            raise bounds.full(MIB)
        told = done.stderr.replace(str(folder), "").strip()[-300:] or f"ended with {done.returncode}"
        raise errors.ImageFault(source=guard.plain(bounds.source), why=f"qemu-img cannot convert it: {told}")
    return done.stdout
