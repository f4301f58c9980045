"""The library of images: fetched, checked, unpacked, made raw and mapped once, however many nodes ask, then kept.

A checksum decides whether the kept copy still is the source; kernels and ramdisks, which have none by convention, are
asked of their source again by stamp. Knows no node: who needs an image is a name, the ``holder``.
"""

import contextlib
import dataclasses
import hashlib
import json
import threading
import typing
from pathlib import Path

from oslo_config import cfg

from baremetal import clock, errors
from baremetal.clients import cloud
from baremetal.images import blockmap, checksum, convert, flights, formats, guard, sink, sources, store, unpack
from baremetal.images.sources import file, glance, http

Progress = flights.Progress

#: scheme: (writes into a sink, tells the stamp, reads a small file)
SOURCES: dict[str, tuple[typing.Callable[..., sources.Stamp], typing.Callable[..., sources.Stamp],
                         typing.Callable[..., bytes]]] = {
    "http": (http.download, http.stamp, http.read),
    "https": (http.download, http.stamp, http.read),
    "file": (file.copy, file.stamp, file.read),
    "glance": (glance.download, glance.stamp, glance.read),
}
FILE = "file"           # "format" of kernels and ramdisks, which are kept as they came


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is asked for; equal wishes at one time are one work."""

    source: str
    promise: checksum.Promise
    raw: bool
    disk_format: str | None


@dataclasses.dataclass(frozen=True)
class Image:
    """A kept image. Its files stay where they are until the holder it was fetched for is released."""

    id: str
    path: Path
    size: int
    """Bytes of the file."""
    virtual_size: int
    """Bytes of the disk in it."""
    disk_format: str
    """raw, or what it came as."""
    digests: dict[str, str]
    """Digits of what was fetched, by algorithm; of compressed and converted images not those of the file."""
    map_path: Path | None
    """Block map of a raw image."""
    map_sha256: str | None
    measure: typing.Callable[[], str] = dataclasses.field(repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """Digits of the file itself. The first asking for a converted image reads it whole."""
        return self.measure()


class Library:
    """Images for all nodes of one conductor. Every method may be called by many threads at once."""

    def __init__(self, conf: cfg.ConfigOpts, ticker: clock.Clock = clock.REAL, folder: Path | None = None) -> None:
        self.conf = conf
        self.store = store.Store(folder or Path(conf.pxe.images_path), conf, ticker)
        self.means = sources.Means(conf, ticker, guard.Guard(conf), cloud.Cloud(conf, ticker))
        self._flights: flights.Flights[store.About] = flights.Flights()
        self._measuring = threading.Lock()

    def fetch(self, source: str, promise: checksum.Promise, *, raw: bool, disk_format: str | None = None,
              holder: str | None = None, progress: Progress | None = None) -> Image:
        """Return the disk image of ``source``, verified; raw and mapped when ``raw``, else unpacked only. Blocks.

        ``disk_format`` is what the operator said the content is. Faults: Image… of ``errors``, each naming the source.
        """
        source = glance.url(source)
        wish = Wish(source, promise, raw, disk_format)
        about = self._flights.board(wish, lambda tell: self._image(wish, tell), progress)
        return self._held(about, holder, lambda: self.fetch(source, promise, raw=raw, disk_format=disk_format,
                                                           holder=holder, progress=progress))

    def file(self, source: str, *, holder: str | None = None, progress: Progress | None = None) -> Image:
        """Return a kernel, ramdisk or loader as it is at ``source`` now; fetched when it has changed. Blocks."""
        source = glance.url(source)
        about = self._flights.board((source, FILE), lambda tell: self._file(source, tell), progress)
        return self._held(about, holder, lambda: self.file(source, holder=holder, progress=progress))

    def read(self, source: str, limit: int) -> bytes:
        """Return a small file of at most ``limit`` bytes, such as a config drive. Blocks, keeps nothing."""
        source = glance.url(source)
        return _source(source)[2](source, limit, self.means)

    def check(self, source: str) -> None:
        """Raise when ``source`` is none that may be fetched, without fetching it: scheme, folder, address."""
        source = glance.url(source)
        if _scheme(source) == "file":
            file.allowed(source, self.means)
        elif _scheme(source) == glance.SCHEME:
            self.means.cloud.door("glance").check()     # where it is an operator said, not who named the image
        else:
            self.means.guard.check(source)

    def known(self, source: str) -> None:
        """Raise what ``check`` does as far as nobody has to be asked for it: no name is resolved, nothing connected."""
        source = glance.url(source)
        if _scheme(source) == "file":
            with contextlib.suppress(errors.ImageUnavailable):      # what is kept may serve
                file.allowed(source, self.means)
        elif _scheme(source) == glance.SCHEME:
            self.means.cloud.door("glance").check()
        elif _source(source):
            guard.split(source)

    def describe(self, instance_info: dict[str, typing.Any], project: str | None) -> dict[str, typing.Any]:
        """Return ``instance_info`` with what the image's source knows of it; of URLs nothing is known. May ask Glance.

        An image of Glance that ``project`` may not use is refused where the configuration says that this counts.
        """
        source = instance_info.get("image_source")
        ident = glance.ident(source) if isinstance(source, str) else None
        if ident is None:
            return instance_info
        client = self.means.cloud.glance
        image = client.image(ident)
        if not self.conf.ignore_project_check_for_admin_tasks:
            client.visible(image, project)
        return {**glance.merged(image, instance_info), "image_source": f"{glance.SCHEME}://{image.id}"}

    def release(self, holder: str) -> None:
        """Say that ``holder`` needs no image any more. May be repeated."""
        self.store.release(holder)

    def tidy(self) -> None:
        """Remove what is too old or too much, and what dead processes left. For a periodic duty."""
        self.store.sweep()
        self.store.tidy()

    # --- one flight ---------------------------------------------------------------------------

    def _image(self, wish: Wish, tell: Progress) -> store.About:
        """Find or make one image."""
        source, promise = wish.source, wish.promise
        listing = None
        if promise.url is not None:
            listing = self.read(promise.url, checksum.LARGEST_FILE).decode(errors="replace")
        wanted = checksum.settle(promise, source, self.conf, listing)

        def fits(about: store.About) -> bool:
            form = about.disk_format == "raw" if wish.raw else not about.converted
            return about.disk_format != FILE and form and about.digests.get(wanted.algorithm) == wanted.value

        self._refuse(source)
        kept = self.store.take(fits, None)
        if kept is not None:
            formats.agree(kept.fetched_format, wish.disk_format, source, self.conf)
            return kept
        with self.store.job() as place:
            bounds = self._bounds(source)
            with sink.Sink(place / "fetched", bounds, wanted) as into:
                _source(source)[0](source, into, self.means, lambda done, total: tell("download", done, total))
                into.meter.verify(source)
                into.finish()
            return self._keep(_Fetched(place, into.meter, wish), bounds, tell)

    def _keep(self, fetched: "_Fetched", bounds: sink.Bounds, tell: Progress) -> store.About:
        """Unpack, inspect, convert and map what was fetched; keep the result."""
        raw = fetched.wish.raw
        path, sha256 = fetched.place / "fetched", fetched.meter.digests()["sha256"]
        if how := unpack.kind(path):
            unpacked = fetched.place / "unpacked"
            sha256 = unpack.unpack(path, how, unpacked, bounds,
                                   lambda done, total: tell("unpack", done, total)).digests()["sha256"]
            path.unlink()
            path = unpacked
        found = formats.inspect(path, fetched.wish.disk_format, bounds.source, self.conf)
        made = fetched.place / "made"
        made.mkdir()
        if raw and not found.plain:
            tell("convert", 0, found.virtual_size)
            convert.to_raw(path, found, made / "image", bounds, self.conf)
            tell("convert", found.virtual_size, found.virtual_size)
            path.unlink()
        else:
            path.rename(made / "image")
        plain, as_is = raw or found.plain, found.plain or not raw
        about = store.About(
            id=f"{fetched.meter.digests()['sha256']}.{'raw' if plain else found.name}",
            source=guard.plain(bounds.source), digests=fetched.meter.digests(),
            fetched_format=found.name, converted=raw and not found.plain,
            disk_format="raw" if plain else found.name, size=(made / "image").stat().st_size,
            virtual_size=found.virtual_size, sha256=sha256 if as_is else None)
        if plain:
            tell("map", 0, found.virtual_size)
            text = blockmap.make(made / "image").text()
            (made / "map.json").write_text(text)
            about = dataclasses.replace(about, map_sha256=hashlib.sha256(text.encode()).hexdigest())
        return self.store.add(made, about, None)

    def _file(self, source: str, tell: Progress) -> store.About:
        """Find or fetch a file that has no checksum."""
        copy, stamp, _ = _source(source)
        noted = self.store.folder / "sources" / hashlib.sha256(source.encode(errors="surrogateescape")).hexdigest()
        now = stamp(source, self.means)
        was = json.loads(noted.read_text()) if noted.exists() else {}
        if now.known and was.get("stamp") == dataclasses.asdict(now):
            kept = self.store.take(lambda about: about.id == was["id"], None)
            if kept is not None:
                return kept
        bounds = self._bounds(source)
        with self.store.job() as place:
            made = place / "made"
            made.mkdir()
            with sink.Sink(made / "image", bounds) as into:
                came = copy(source, into, self.means, lambda done, total: tell("download", done, total))
                into.finish()
            digests = into.meter.digests()
            about = self.store.add(made, store.About(
                id=f"{digests['sha256']}.{FILE}", source=guard.plain(source), digests=digests, fetched_format=FILE,
                disk_format=FILE, converted=False, size=into.size, virtual_size=into.size,
                sha256=digests["sha256"]), None)
            (place / "note").write_text(json.dumps({"stamp": dataclasses.asdict(came), "id": about.id}))
            (place / "note").rename(noted)
        return about

    def _bounds(self, source: str) -> sink.Bounds:
        return sink.Bounds(source, self.conf.images.largest << 30, self.store.folder, self.store.spare)

    def _refuse(self, source: str) -> None:
        """Raise for a source that may not be fetched, kept or not: a copy must not tell of what nobody may ask."""
        try:
            self.check(source)
        except errors.ImageUnavailable:
            return      # an unknown host or a missing file: what is kept serves, else fetching will say it

    def _held(self, about: store.About, holder: str | None, again: typing.Callable[[], Image]) -> Image:
        """Return the image, held; start again in the rare case that it was thrown away meanwhile."""
        if self.store.take(lambda one: one.id == about.id, holder) is None:
            return again()
        return Image(about.id, self.store.path(about.id), about.size, about.virtual_size, about.disk_format,
                     about.digests, self.store.path(about.id, "map.json") if about.map_sha256 else None,
                     about.map_sha256, lambda: about.sha256 or self._measure(about.id))

    def _measure(self, image_id: str) -> str:
        """Return the digits of a kept file, computed once."""
        note = self.store.path(image_id, "sha256")
        with self._measuring:
            if not note.exists():
                with self.store.path(image_id).open("rb") as content:
                    digits = hashlib.file_digest(content, "sha256").hexdigest()
                fresh = note.with_suffix(".new")
                fresh.write_text(digits)
                fresh.rename(note)
            return note.read_text()


@dataclasses.dataclass(frozen=True)
class _Fetched:
    """What came, in a job's folder."""

    place: Path
    meter: checksum.Meter
    wish: Wish


def _scheme(source: str) -> str:
    return source.partition("://")[0].lower() if "://" in source else ""


def _source(source: str) -> tuple[typing.Callable[..., sources.Stamp], typing.Callable[..., sources.Stamp],
                                  typing.Callable[..., bytes]]:
    """Return how ``source`` is fetched; a scheme that is unknown is a fault."""
    found = SOURCES.get(_scheme(source))
    if found is None:
        raise errors.ImageForbidden(source=guard.plain(source), why=f"its scheme is {_scheme(source)!r}; known are "
                                    f"{', '.join(SOURCES)}")
    return found
