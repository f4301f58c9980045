"""The application in this process with a conductor's end of RPC that notes what it is told, and answers as told."""

import pathlib
import threading
from typing import Any

import sqlalchemy as sa

from baremetal import clock, context
from baremetal.db import models
from baremetal.rpc import server, wire
from tests.api import inside

WORKS = ("provision", "power", "validate", "boot_device_get", "boot_device_set", "boot_device_supported", "inject_nmi",
         "boot_mode_set", "secure_boot_set", "raid_set", "lookup", "heartbeat", "continue_inspection",
         "console_get", "console_set", "vif_list", "vif_attach", "vif_detach", "vmedia_get", "vmedia_attach",
         "vmedia_detach", "vendor_methods", "vendor_call", "driver_vendor_methods", "driver_vendor_call", "indicators",
         "indicator_get", "indicator_set", "sensors", "event_log", "logical_disk_properties", "carrier_change",
         "allocate")
#: somebody holds the node
HELD = {"reservation": "conductor-9", "lease_token": "1.a", "lease_epoch": 1, "lease_why": "a long step"}


class Door(inside.Inside):
    """Asked like its parent; ``told`` lists what reached the conductor."""

    def __init__(self, folder: pathlib.Path, time: clock.Clock = clock.REAL, **options: Any) -> None:
        super().__init__(folder, time, **options)
        #: (work, arguments)
        self.told: list[tuple[str, dict[str, Any]]] = []
        #: work: what the conductor answers, or the fault it raises
        self.answers: dict[str, Any] = {}
        table = {work: self._work(work) for work in WORKS}
        self._end = server.Server(self.conf, wire.transport(self.conf), inside.HOST, table)
        self._end.start()

    def _work(self, work: str) -> Any:
        def note(_caller: context.Context, **args: Any) -> Any:
            self.told.append((work, args))
            found = self.answers.get(work, self.accept if work == "carrier_change" else None)
            if isinstance(found, Exception):
                raise found
            return found(**args) if callable(found) else found
        return note

    def accept(self, node: str, kind: str, ident: int, generation: int, changes: dict[str, Any]) -> bool:
        """Store a change of a port or port group as a conductor does whose network interface has nothing against it."""
        table = models.METADATA.tables[f"{kind}s"]
        with self.database.write() as connection:
            connection.execute(sa.update(table).where(table.c.id == ident).values(
                {**changes, "updated_at": self.time.now()}))
        return self.row(node).generation == generation

    def close(self) -> None:
        """End the conductor's end and give back the database."""
        stop = threading.Thread(target=self._end.stop, daemon=True)
        stop.start()
        stop.join(5)
        super().close()

    def node(self, **fields: Any) -> str:
        """Create a node; return its UUID."""
        return str(self.make("/v1/nodes", {"driver": "fake-hardware", **fields})["uuid"])

    def write(self, uuid: str, **columns: Any) -> None:
        """Write columns of a node as somebody else would, behind the API's back."""
        with self.database.write() as connection:
            connection.execute(sa.update(models.NODES).where(models.NODES.c.uuid == uuid).values(
                {**columns, "generation": models.NODES.c.generation + 1}))

    def row(self, uuid: str) -> Any:
        """The node as it is stored."""
        with self.database.read() as connection:
            return connection.execute(sa.select(models.NODES).where(models.NODES.c.uuid == uuid)).one()

    def patch(self, uuid: str, *operations: tuple[Any, ...], version: str = "1.115") -> inside.Answer:
        """Patch a node with operations written (op, path, value)."""
        body = [dict(zip(("op", "path", "value"), operation, strict=False)) for operation in operations]
        return self.ask("PATCH", f"/v1/nodes/{uuid}", version, body)
