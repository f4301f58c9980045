"""Cinder: a volume attached to a server by the attachments API, and what the server must know to reach it."""

import typing
import uuid

from baremetal import errors
from baremetal.clients.cloud import door

#: the first version whose attachments must be completed by who asked for them
ATTACHMENTS = {"headers": {"OpenStack-API-Version": "volume 3.44"}}
USABLE = ("available", "in-use", "reserved")


class Cinder:
    """The client. Every method blocks and may be called by many threads."""

    def __init__(self, way: door.Door) -> None:
        self.door = way

    def volume(self, ident: str) -> door.Json:
        """Return a volume; one that cannot be used (error, deleting …) is a fault."""
        found: door.Json = self._ask("GET", f"/volumes/{_safe(ident)}")["volume"]
        if found.get("status") not in USABLE:
            raise errors.NeighbourConflict(service="cinder", why=f"volume {ident} is {found.get('status')}; right "
                                           f"would be one of {', '.join(USABLE)}")
        return found

    def attach(self, volume: str, server: str, connector: door.Json) -> door.Json:
        """Attach a volume to a server that is reached by ``connector`` (initiator, ip, wwpns, …).

        Returns the attachment with its connection_info. One that is there for the server already is taken, so it may
        be repeated; one that was begun here and failed is deleted again.
        """
        for one in self.attachments(volume, server):
            return self._connected(str(one["id"]), connector)
        self.volume(volume)
        made = self._ask("POST", "/attachments", body={"attachment": {
            "volume_uuid": volume, "instance_uuid": server}})["attachment"]
        try:
            return self._connected(str(made["id"]), connector)
        except errors.NeighbourFault:
            self._drop(str(made["id"]))
            raise

    def attachments(self, volume: str, server: str) -> list[door.Json]:
        """Return the attachments of a volume to a server."""
        found = self._ask("GET", "/attachments", params={"volume_id": _safe(volume), "instance_id": server})
        return list(found.get("attachments", []))

    def detach(self, volume: str, server: str) -> None:
        """Detach a volume from a server; one that is not attached is detached. Repeatable."""
        for one in self.attachments(volume, server):
            self._drop(str(one["id"]))

    def _connected(self, ident: str, connector: door.Json) -> door.Json:
        """Tell an attachment who connects, and that it does; return it."""
        found = self._ask("PUT", f"/attachments/{ident}", body={"attachment": {"connector": connector}})["attachment"]
        self._ask("POST", f"/attachments/{ident}/action", body={"os-complete": {}})
        return typing.cast(door.Json, found)

    def _drop(self, ident: str) -> None:
        try:
            self._ask("DELETE", f"/attachments/{ident}")
        except errors.NeighbourLacks:
            return

    def _ask(self, method: str, path: str, **options: typing.Any) -> door.Json:
        return self.door.ask(method, path, **ATTACHMENTS, **options)


def _safe(ident: str) -> str:
    try:
        return str(uuid.UUID(ident))
    except ValueError:
        raise errors.NeighbourLacks(service="cinder", why=f"{ident[:100]!r} is no volume's id; right would be a UUID"
                                    ) from None
