"""The API as a WSGI callable in this process, on a database of its own: fast enough to ask it ten thousand times.

What it says of drivers is what a conductor would register; no conductor runs, so nothing that needs one is answered.
"""

import dataclasses
import io
import itertools
import json
import pathlib
from typing import Any

from baremetal import clock, config
from baremetal.api import app
from baremetal.db import conductors, engine
from baremetal.drivers import load
from baremetal.rpc import wire
from tests import empty

HOST = "conductor-1"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        """The document."""
        return json.loads(self.content)

    def fault(self) -> dict[str, Any]:
        """The inner document of an error, however it is wrapped."""
        outer = self.json()
        inner = outer.get("error_message", outer)
        return json.loads(inner) if isinstance(inner, str) else inner

    def text(self) -> str:
        """The sentence of an error."""
        inner = self.fault()
        return str(inner.get("faultstring") or inner.get("description") or inner.get("error", {}).get("message"))


class Inside:
    """The application, its database and its clock."""

    def __init__(self, folder: pathlib.Path, time: clock.Clock = clock.REAL, **options: Any) -> None:
        given = {"auth_strategy": "noauth", "enabled_hardware_types": ["fake-hardware", "manual-management"],
                 "enabled_management_interfaces": ["noop", "fake"], "enabled_power_interfaces": ["fake"],
                 "enabled_vendor_interfaces": ["no-vendor", "fake"],
                 # nobody beats for it, and a test may take longer than a heartbeat lasts
                 "conductor__heartbeat_timeout": 10**8, **options}
        self.conf = config.build(state_path=str(folder), **given)
        self.database, self.time = empty.fill(engine.Database(self.conf)), time
        self.register(HOST)
        self.application = app.build(self.conf, self.database, wire.transport(self.conf), time)

    def register(self, host: str, group: str = "") -> None:
        """Write down a live conductor with its real drivers."""
        drivers = load.Drivers(self.conf)
        served = {name: (drivers.interfaces(name), drivers.properties(name)) for name in drivers.types}
        with self.database.write() as connection:
            conductors.register(connection, self.time.now(), host, group, served)

    def ask(self, method: str, path: str, version: str | None = "1.115", body: Any = None, raw: bytes | None = None,
            headers: dict[str, str] | None = None) -> Answer:
        """Send a request; ``raw`` is a body as it stands."""
        where, _, query = path.partition("?")
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "PATH_INFO": where, "QUERY_STRING": query, "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost", "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(data), "REMOTE_ADDR": "127.0.0.1"}
        if data:
            environ["CONTENT_LENGTH"] = str(len(data))
        if version:
            environ["HTTP_OPENSTACK_API_VERSION"] = f"baremetal {version}"
        for name, value in (headers or {}).items():
            key = name.upper().replace("-", "_")
            environ[key if key.startswith("CONTENT_") else f"HTTP_{key}"] = value
        return self.send(environ)

    def send(self, environ: dict[str, Any]) -> Answer:
        """Send a request as WSGI has it."""
        seen: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
            seen.update(status=int(status.split()[0]), headers={k.lower(): v for k, v in headers})
        found = self.application(environ, start)
        endless = seen["headers"].get("content-type", "").startswith("text/event-stream")
        content = b"".join(itertools.islice(found, 2) if endless else found)
        if endless:
            found.close()
        return Answer(seen["status"], seen["headers"], content)

    def make(self, path: str, body: Any) -> Any:
        """Make an object; it must succeed."""
        answer = self.ask("POST", path, body=body)
        assert answer.status == 201, answer.content
        return answer.json()

    def close(self) -> None:
        """Give back the database."""
        self.database.close()
