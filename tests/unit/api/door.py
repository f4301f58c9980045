"""The API without a port: requests go to the WSGI callable. The database is real, and so is the way over RPC."""

import io
import json
import threading
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from baremetal import clock, config, context
from baremetal.api import app
from baremetal.db import conductors, engine, models
from baremetal.rpc import server, wire

HOST = "door-conductor"
FAKES = {kind: {"default": "fake", "enabled": ["fake", f"no-{kind}"]} for kind in models.INTERFACES}
FAKES |= {kind: {"default": "noop", "enabled": ["noop"]} for kind in ("network", "storage")}
IPMI = FAKES | {kind: {"default": "ipmitool", "enabled": ["ipmitool"]} for kind in ("power", "management", "vendor")}
HARDWARE = {"fake-hardware": (FAKES, {"B1": "A key."}), "ipmi": (IPMI, {"ipmi_address": "Where its BMC is."})}


class Answered:
    """What came back."""

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, dict(headers), body

    @property
    def document(self) -> Any:
        """The JSON of the body."""
        return json.loads(self.body)

    @property
    def fault(self) -> str:
        """The sentence of an error."""
        inner = json.loads(self.document["error_message"])
        return str(inner.get("faultstring") or inner.get("description"))


class Door:
    """An application on a fresh SQLite file, with one conductor registered."""

    def __init__(self, folder: Path, connection: str = "", time: clock.Clock = clock.REAL) -> None:
        self.conf = config.build(state_path=str(folder), auth_strategy="noauth",
                                 **({"database__connection": connection} if connection else {}))
        self.database = engine.Database(self.conf)
        self.clock = time
        with self.database.write() as writing:
            models.METADATA.create_all(writing)
        with self.database.write() as writing:
            conductors.register(writing, time.now(), HOST, "", HARDWARE)
        #: what the conductor was told: (work, arguments)
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Any] = {}
        transport = wire.transport(self.conf)
        self._server = server.Server(self.conf, transport, HOST, {work: self._work(work) for work in WORKS})
        self._server.start()
        self.wsgi = app.build(self.conf, self.database, transport, time)

    def _work(self, work: str) -> Any:
        def note(_caller: context.Context, **args: Any) -> Any:
            self.told.append((work, args))
            found = self.answers.get(work)
            if isinstance(found, Exception):
                raise found
            return found
        return note

    def close(self) -> None:
        """End the conductor's end and give back the database."""
        stop = threading.Thread(target=self._server.stop, daemon=True)
        stop.start()
        stop.join(5)
        self.database.close()

    def ask(self, method: str, path: str, body: Any = None, version: str = "1.115") -> Answered:
        """Send one request."""
        path, _, query = path.partition("?")
        text = b"" if body is None else json.dumps(body).encode()
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "door",
            "SERVER_PORT": "80", "HTTP_HOST": "door", "SCRIPT_NAME": "", "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(text), "CONTENT_LENGTH": str(len(text)),
            "CONTENT_TYPE": "application/json", "HTTP_X_OPENSTACK_IRONIC_API_VERSION": version}
        began: list[Any] = []
        parts = self.wsgi(environ, lambda status, headers, _info=None: began.extend((status, headers)))
        return Answered(int(began[0].split()[0]), began[1], b"".join(parts))

    def node(self, **fields: Any) -> str:
        """Create a node over the API; columns that a client cannot set are written behind its back. Return its UUID."""
        columns = {name: fields.pop(name) for name in list(fields) if name in BEHIND}
        made = self.ask("POST", "/v1/nodes", {"driver": "fake-hardware", **fields})
        assert made.status == 201, made.body
        uuid = str(made.document["uuid"])
        if columns:
            self.write(uuid, **columns)
        return uuid

    def write(self, uuid: str, **columns: Any) -> None:
        """Write columns of a node as somebody else would."""
        with self.database.write() as connection:
            connection.execute(sa.update(models.NODES).where(models.NODES.c.uuid == uuid).values(columns))

    def row(self, uuid: str) -> Any:
        """The node as it is stored."""
        with self.database.read() as connection:
            return connection.execute(sa.select(models.NODES).where(models.NODES.c.uuid == uuid)).one()


WORKS = ("provision", "power", "validate", "boot_device_get", "boot_device_set", "boot_device_supported", "inject_nmi",
         "boot_mode_set", "secure_boot_set", "raid_set")
BEHIND = ("provision_state", "target_provision_state", "protected", "protected_reason", "maintenance_reason", "fault",
          "reservation", "lease_deadline", "lease_why", "lease_since", "lease_token", "lease_epoch")
