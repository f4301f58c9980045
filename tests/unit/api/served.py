"""The application behind the server of the processes, on loopback, with a node whose flow the test moves on."""

import json
import pathlib
import threading
import urllib.request
import uuid
from typing import Any

import sqlalchemy as sa

from baremetal.cmd import web
from baremetal.db import flows, milestones, models
from tests import processes
from tests.api import inside

STREAMS = 4


class Served(inside.Inside):
    """The application behind the server of the processes, on loopback."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(folder, api__port=processes.free_port(), api__max_streams=STREAMS, api__threads=2)
        server = web.Web(self.conf, self.application)
        server.start()
        self.server: web.Web | None = server
        self.node = str(self.make("/v1/nodes", {"driver": "fake-hardware", "name": "web-1"})["uuid"])
        self.flow = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.conf.api.port}{path}"

    def listen(self, last: str | None = None, node: str = "web-1") -> "Stream":
        return Stream(self.url(f"/ops/v1/nodes/{node}/events"), last)

    def number(self) -> int:
        with self.database.read() as connection:
            return int(connection.scalar(sa.select(models.NODES.c.id).where(models.NODES.c.uuid == self.node)) or 0)

    def begin(self) -> str:
        """Begin a deploy of two steps."""
        now, ident = self.time.now(), str(uuid.uuid4())
        with self.database.write() as connection:
            self.flow = flows.add(connection, {
                "uuid": ident, "node_id": self.number(), "verb": "deploy", "params": "{}", "state": flows.RUNNING,
                "conductor": inside.HOST, "epoch": 1, "created_at": now, "updated_at": now, "context": "{}"},
                [{"position": n, "step": f'{{"interface": "deploy", "step": "{step}"}}', "state": "planned",
                  "attempts": 0, "started_at": None} for n, step in enumerate(("deploy", "boot"))])
        self.state("deploying")
        return ident

    def step(self, position: int, state: str, **columns: Any) -> None:
        moment = {"started": "started_at", "done": "finished_at"}[state]
        with self.database.write() as connection:
            flows.change_step(connection, self.flow, position, {
                "state": state, "attempts": 1, moment: self.time.now(), **columns})

    def saw(self, name: str, facts: str = "{}") -> None:
        with self.database.write() as connection:
            milestones.add(connection, [{"node_id": self.number(), "flow_id": self.flow, "name": name,
                                         "at": self.time.now(), "facts": facts}])

    def end(self, state: str = flows.DONE) -> None:
        with self.database.write() as connection:
            flows.change(connection, self.flow, {"state": state, "finished_at": self.time.now()})
            self._state(connection, "active")

    def state(self, state: str) -> None:
        with self.database.write() as connection:
            self._state(connection, state)

    def _state(self, connection: sa.Connection, state: str) -> None:
        connection.execute(sa.update(models.NODES).where(models.NODES.c.uuid == self.node).values(
            provision_state=state))

    def stop(self) -> None:
        """Stop the server, once."""
        server, self.server = self.server, None
        if server is not None:
            server.stop()

    def listening(self) -> int:
        return len([thread for thread in threading.enumerate() if thread.name == "watcher"])


class Stream:
    """One client."""

    def __init__(self, url: str, last: str | None = None) -> None:
        request = urllib.request.Request(url, headers={"Last-Event-ID": last} if last else {})
        self.answer = urllib.request.urlopen(request, timeout=60)
        self.last = last

    def next(self) -> tuple[str, dict[str, Any]] | None:
        """The next event, or None at the end of the stream."""
        found: dict[str, str] = {}
        while line := self.answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                found[name] = value
            elif "event" in found:
                self.last = found["id"]
                return found["event"], json.loads(found["data"])
            else:
                found = {}
        return None

    def until(self, *wanted: str) -> list[tuple[str, Any]]:
        """The events up to the first of those that are wanted, without progress."""
        seen = []
        while (event := self.next()) is not None:
            if event[0] != "progress" or "progress" in wanted:
                seen.append(event)
            if event[0] in wanted:
                return seen
        raise AssertionError(f"the stream has ended after {seen}")

    def close(self) -> None:
        self.answer.close()
