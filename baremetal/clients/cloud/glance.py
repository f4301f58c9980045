"""Glance: what it knows of an image, and the image's bytes. Judges nothing but that an image can be used at all."""

import contextlib
import dataclasses
import typing
import uuid

import requests

from baremetal import errors
from baremetal.clients.cloud import door

#: images that every project may use
OPEN = ("public", "community")


@dataclasses.dataclass(frozen=True)
class Image:
    """An image as Glance tells of it."""

    id: str
    name: str | None
    size: int | None
    visibility: str
    owner: str | None
    disk_format: str | None
    container_format: str | None
    algorithm: str | None
    """Of the digits in ``digest``; the checksum of old images is md5."""
    digest: str | None
    properties: dict[str, str]
    """kernel_id, ramdisk_id, img_type, hw_… and what else operators have set."""

    @property
    def traits(self) -> list[str]:
        """Traits that a node must have for it."""
        return sorted(key.partition(":")[2] for key, value in self.properties.items()
                      if key.startswith("trait:") and value == "required")


class Glance:
    """The client. Every method blocks and may be called by many threads."""

    def __init__(self, way: door.Door) -> None:
        self.door = way

    def image(self, ident: str) -> Image:
        """Return what Glance knows of an image; one that is not there or not active is a fault."""
        _identifier(ident)
        told = self.door.ask("GET", f"/images/{ident}")
        if told.get("status") != "active":
            raise errors.NeighbourConflict(service="glance", why=f"image {ident} is {told.get('status')}; right would "
                                           "be active")
        return _image(told)

    def shared(self, ident: str, project: str) -> bool:
        """Return whether an image is shared with a project, which has accepted it."""
        try:
            return self.door.ask("GET", f"/images/{ident}/members/{project}").get("status") == "accepted"
        except errors.NeighbourLacks:
            return False

    def visible(self, image: Image, project: str | None) -> None:
        """Raise when ``project`` may not use ``image``: not open to all, not its own, not shared with it."""
        if image.visibility in OPEN or (project and project == image.owner):
            return
        if not project or not self.shared(image.id, project):
            raise errors.NotThisProjects(service="glance", what=f"image {image.id}", project=project or "(none)")

    @contextlib.contextmanager
    def data(self, ident: str, offset: int = 0) -> typing.Iterator[requests.Response]:
        """Lend the answer that streams an image's bytes from ``offset`` on: 206 if it does so, 200 from the start."""
        _identifier(ident)
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        answer = self.door.send("GET", f"/images/{ident}/file", stream=True, headers={
            "Accept": "application/octet-stream", "Accept-Encoding": "identity", **headers})
        with contextlib.closing(answer):
            yield answer


def _identifier(ident: str) -> None:
    try:
        uuid.UUID(ident)
    except ValueError:
        raise errors.NeighbourLacks(service="glance", why=f"{ident[:100]!r} is no image's id; right would be a UUID"
                                    ) from None


def _image(told: door.Json) -> Image:
    algorithm, digest = told.get("os_hash_algo"), told.get("os_hash_value")
    if not digest:
        algorithm, digest = ("md5", told.get("checksum")) if told.get("checksum") else (None, None)
    return Image(id=told["id"], name=told.get("name"), size=told.get("size"),
                 visibility=told.get("visibility", "private"), owner=told.get("owner"),
                 disk_format=told.get("disk_format"), container_format=told.get("container_format"),
                 algorithm=algorithm, digest=digest,
                 properties={key: value for key, value in told.items() if isinstance(value, str)})
