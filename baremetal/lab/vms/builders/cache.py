"""Keeps what was built in a folder, by a hash of what it was built from: made once, whole or not at all."""

import contextlib
import fcntl
import hashlib
import json
import pathlib
import shutil
import typing

from baremetal import clock

KEPT = 14 * 86400.0
"""Seconds for which something that was not asked for again is kept when something newer of its kind is built."""
Say = typing.Callable[[str], object]


class Cache:
    """One folder of built things. Two processes that want the same thing build it once: the second one waits."""

    def __init__(self, folder: pathlib.Path, say: Say) -> None:
        self.folder, self.say = folder, say

    def have(self, kind: str, sources: dict[str, typing.Any], make: typing.Callable[[pathlib.Path], None]
             ) -> pathlib.Path:
        """Return the folder of a thing made from ``sources``, which ``make`` fills when it is not there yet."""
        place = self.folder / f"{kind}-{digest(sources)}"
        self.folder.mkdir(parents=True, exist_ok=True)
        with _locked(self.folder / f"{kind}.lock"):
            if not place.exists():
                self._build(place, sources, make)
                self._forget(kind, place)
        (place / "sources.json").touch()
        return place

    def _build(self, place: pathlib.Path, sources: dict[str, typing.Any],
               make: typing.Callable[[pathlib.Path], None]) -> None:
        part = place.with_name(place.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        begun = clock.REAL.tick()
        self.say(f"{place.name}: building")
        try:
            make(part)
            (part / "sources.json").write_text(json.dumps(sources, indent=1, sort_keys=True))
            part.rename(place)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        self.say(f"{place.name}: built in {clock.REAL.tick() - begun:.1f} s")

    def _forget(self, kind: str, newest: pathlib.Path) -> None:
        """Remove things of this kind that nobody asked for in a long time."""
        now = (newest / "sources.json").stat().st_mtime
        for other in self.folder.glob(f"{kind}-*"):
            mark = other / "sources.json"
            if other != newest and (not mark.exists() or now - mark.stat().st_mtime > KEPT):
                shutil.rmtree(other, ignore_errors=True)


@contextlib.contextmanager
def _locked(path: pathlib.Path) -> typing.Iterator[None]:
    with open(path, "w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def digest(sources: typing.Any) -> str:
    """Return a short name for what something is made from."""
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()[:12]


def of_files(*roots: pathlib.Path) -> str:
    """Return a short name for the contents of files, and of all files below folders but what Python leaves behind."""
    told = hashlib.sha256()
    for root in roots:
        for file in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if file.is_file() and not any(part == "__pycache__" or part.endswith(".egg-info") or part == "build"
                                          for part in file.relative_to(root).parts):
                told.update(f"{file.relative_to(root)}\0{file.stat().st_mode & 0o111}\0".encode())
                told.update(hashlib.sha256(file.read_bytes()).digest())
    return told.hexdigest()[:12]
