"""Images of Glance: glance://ID or the bare id, with the credentials of this service. Judges no project's rights."""

import re
import typing

from baremetal import errors
from baremetal.clients.cloud import glance
from baremetal.images import guard, sink, sources

SCHEME = "glance"
PORTION = 1 << 18
LONGEST_PAUSE = 10
BARE = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
#: fields of instance_info that say what the bytes must be; an operator's own replace all that Glance says of it
PROMISES = ("image_os_hash_value", "image_os_hash_algo", "image_checksum")


def url(source: str) -> str:
    """Return ``source`` as a URL: a bare id is one of Glance."""
    return f"{SCHEME}://{source}" if BARE.fullmatch(source) else source


def ident(source: str) -> str | None:
    """Return the id of an image of Glance; None for a source that is no such image."""
    scheme, _, rest = url(source).partition("://")
    return rest.strip("/") if scheme.lower() == SCHEME else None


def fields(image: glance.Image) -> dict[str, typing.Any]:
    """Return what Glance knows of an image as fields of instance_info."""
    known = {"image_os_hash_algo": image.algorithm, "image_os_hash_value": image.digest,
             "image_disk_format": image.disk_format, "image_container_format": image.container_format,
             "kernel": image.properties.get("kernel_id"), "ramdisk": image.properties.get("ramdisk_id"),
             "image_type": image.properties.get("img_type")}
    return {name: value for name, value in known.items() if value}


def merged(image: glance.Image, instance_info: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return ``instance_info`` with what Glance knows where it says nothing itself."""
    told = fields(image)
    if any(instance_info.get(name) for name in PROMISES):
        told = {name: value for name, value in told.items() if name not in PROMISES}
    return {**told, **{name: value for name, value in instance_info.items() if value not in (None, "")}}


def download(source: str, into: sink.Sink, means: sources.Means, progress: sources.Progress) -> sources.Stamp:
    """Write an image into ``into`` and return its stamp. Blocks; goes on where it broke off, so many times."""
    client, name, why = _client(means), ident(source) or "", ""
    image = client.image(name)
    for attempt in range(means.conf.images.attempts):
        if attempt:
            means.clock.sleep(min(2 ** (attempt - 1), LONGEST_PAUSE))
        try:
            with client.door.translated("sending an image"), client.data(name, into.size) as answer:
                if into.size and answer.status_code != 206:
                    into.restart()
                into.expect(image.size or 0)
                while chunk := answer.raw.read(PORTION, decode_content=False):
                    into.take(chunk)
                    progress(into.size, image.size)
        except errors.NeighbourUnavailable as error:
            why = str(error)
            continue
        if image.size is None or into.size == image.size:
            return _stamp(image)
        why = f"it ended after {into.size} of {image.size} bytes"
    raise errors.ImageUnavailable(source=guard.plain(source), why=why)


def stamp(source: str, means: sources.Means) -> sources.Stamp:
    """Return what Glance says of the image now."""
    return _stamp(_client(means).image(ident(source) or ""))


def read(source: str, limit: int, means: sources.Means) -> bytes:
    """Return all of a small image; one larger than ``limit`` bytes is a fault."""
    client, name = _client(means), ident(source) or ""
    content = bytearray()
    with client.door.translated("sending an image"), client.data(name) as answer:
        while chunk := answer.raw.read(PORTION, decode_content=False):
            content += chunk
            if len(content) > limit:
                raise errors.ImageTooLarge(source=guard.plain(source), size=f"more than {limit}", room=limit,
                                           what="what it is used for")
    return bytes(content)


def _client(means: sources.Means) -> glance.Glance:
    client = means.cloud.glance
    client.door.check()
    return client


def _stamp(image: glance.Image) -> sources.Stamp:
    return sources.Stamp(image.size, image.digest, None)
