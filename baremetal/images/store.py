"""The folder of kept images: what is there, who needs it, what goes when room is short. Fetches and converts nothing.

``content/<id>/`` holds one image with all that was made from it; it appears by one rename and is never changed.
``work/<job>/`` is a job's own; its lock dies with the process, so that the next start can tell what was left behind.
``holds/<holder>/<id>`` says that a holder needs an image: it stays until the holder is let go.
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import re
import shutil
import threading
import typing
import uuid
from pathlib import Path

from oslo_config import cfg

from baremetal import clock, errors

MIB = 1 << 20
GRACE = 60              # seconds after its last use in which an image stays, for it is on its way to somebody
HOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclasses.dataclass(frozen=True)
class About:
    """What is known of one kept image; written once."""

    id: str
    source: str
    """Where it came from first, as it may be shown."""
    digests: dict[str, str]
    """Digits of what was fetched, by algorithm."""
    fetched_format: str
    """What the fetched (and unpacked) content is."""
    disk_format: str
    """What the kept file is."""
    converted: bool
    """Whether the kept file is another format than what was fetched."""
    size: int
    virtual_size: int
    sha256: str | None = None
    """Of the kept file; None when nobody has asked for it as yet."""
    map_sha256: str | None = None
    """Of the block map's text; None when there is no map."""


class Store:
    """One folder of kept images. Several threads and processes may use it at once."""

    def __init__(self, folder: Path, conf: cfg.ConfigOpts, ticker: clock.Clock) -> None:
        self.folder, self.conf, self.clock = folder, conf, ticker
        self._thread, self._depth = threading.RLock(), 0
        self._known: dict[str, About] = {}
        for name in ("content", "work", "holds", "sources"):
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o755)
        self.sweep()

    def path(self, image_id: str, name: str = "image") -> Path:
        """Return where a file of an image lies."""
        return self.folder / "content" / image_id / name

    @contextlib.contextmanager
    def job(self) -> typing.Iterator[Path]:
        """Lend a folder of one's own, gone afterwards with all that is left in it."""
        place = self.folder / "work" / uuid.uuid4().hex
        with self.locked():     # so that nobody sweeps it between its making and its locking
            place.mkdir()
            lock = open(place / "lock", "wb")
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            with lock:
                yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what processes that are gone have left half done."""
        with self.locked():
            for place in (self.folder / "work").iterdir():
                with contextlib.suppress(FileNotFoundError, BlockingIOError), open(place / "lock", "ab") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(place, ignore_errors=True)
                if place.is_dir() and not (place / "lock").exists():
                    shutil.rmtree(place, ignore_errors=True)

    def every(self) -> list[About]:
        """Return what is kept; an entry that is damaged is removed."""
        found = {}
        for place in (self.folder / "content").iterdir():
            about = self._known.get(place.name) or self._read(place)
            if about is not None:
                found[about.id] = about
        self._known = found
        return list(found.values())

    def take(self, fits: typing.Callable[[About], bool], holder: str | None) -> About | None:
        """Return the first image that ``fits``, held for ``holder`` and marked as used; None when there is none."""
        with self.locked():
            for about in self.every():
                if fits(about) and self.path(about.id).exists():
                    self._use(about.id, holder)
                    return about
        return None

    def add(self, made: Path, about: About, holder: str | None) -> About:
        """Keep the folder ``made`` as an image, held for ``holder``."""
        (made / "about.json").write_text(json.dumps(dataclasses.asdict(about)))
        with self.locked():
            target = self.folder / "content" / about.id
            if not target.exists():     # else another process was faster with the same
                os.rename(made, target)
            kept = self._read(target)
            assert kept is not None, f"{target} was just made"
            self._known[kept.id] = kept
            self._use(kept.id, holder)
        self.tidy()
        return kept

    def release(self, holder: str) -> None:
        """Say that ``holder`` needs no image any more."""
        shutil.rmtree(self._holder(holder), ignore_errors=True)

    def holders(self) -> dict[str, set[str]]:
        """Return who needs which images."""
        return {place.name: {one.name for one in place.iterdir()}
                for place in (self.folder / "holds").iterdir() if place.is_dir()}

    def tidy(self) -> None:
        """Remove what was not used for longer than it is kept, and the oldest while all take too much room."""
        limit, ttl = self.conf.pxe.image_cache_size * MIB, self.conf.pxe.image_cache_ttl * 60
        with self.locked():
            sizes = {about.id: self._weight(about.id) for about in self.every()}
            total = sum(sizes.values())
            for age, image_id in self._free():
                if total > limit or (ttl and age > ttl):
                    self._remove(image_id)
                    total -= sizes[image_id]

    def spare(self, needed: int) -> None:
        """Remove what nobody needs, oldest first, until the disk has ``needed`` bytes or nothing more may go."""
        with self.locked():
            for _, image_id in self._free():
                if shutil.disk_usage(self.folder).free >= needed:
                    return
                self._remove(image_id)

    @contextlib.contextmanager
    def locked(self) -> typing.Iterator[None]:
        """Keep other threads and processes from changing what is there."""
        with self._thread, contextlib.ExitStack() as stack:
            if not self._depth:     # a lock on a file is not one's own when it is opened twice
                fcntl.flock(stack.enter_context(open(self.folder / "lock", "ab")), fcntl.LOCK_EX)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    def _use(self, image_id: str, holder: str | None) -> None:
        now = self._now()
        os.utime(self.path(image_id, "about.json"), (now, now))
        if holder is not None:
            place = self._holder(holder)
            place.mkdir(exist_ok=True)
            (place / image_id).touch()

    def _free(self) -> list[tuple[float, str]]:
        """Return (seconds since its last use, id) of what may go, the oldest first."""
        held = {image_id for some in self.holders().values() for image_id in some}
        ages = [(self._now() - self.path(about.id, "about.json").stat().st_mtime, about.id)
                for about in self.every() if about.id not in held]
        return sorted((one for one in ages if one[0] >= GRACE), reverse=True)

    def _remove(self, image_id: str) -> None:
        """Take an image away at once, whole; who has it open may read on."""
        self._known.pop(image_id, None)
        away = self.folder / "work" / uuid.uuid4().hex
        os.rename(self.folder / "content" / image_id, away)
        shutil.rmtree(away, ignore_errors=True)

    def _read(self, place: Path) -> About | None:
        try:
            about = About(**json.loads((place / "about.json").read_text()))
            if about.id == place.name and (place / "image").stat().st_size == about.size:
                return about
        except (OSError, ValueError, TypeError):
            pass        # damaged: removed below, and fetched again by whoever needs it
        with self.locked():
            if place.exists():
                self._remove(place.name)
        return None

    def _weight(self, image_id: str) -> int:
        """Return the bytes that an image takes on the disk."""
        return sum(one.stat().st_blocks * 512 for one in (self.folder / "content" / image_id).iterdir())

    def _holder(self, holder: str) -> Path:
        if not HOLDER.fullmatch(holder):
            raise errors.BadField(field="holder", value=holder, wanted="Right would be the uuid of a node.")
        return self.folder / "holds" / holder

    def _now(self) -> float:
        return self.clock.now().timestamp()
