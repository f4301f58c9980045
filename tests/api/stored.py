"""Nodes put into a state behind the service's back, in the database that it works on. Asks nothing over HTTP."""

import contextlib
import pathlib
import sqlite3
from typing import Any

import yaml

FOLDER = pathlib.Path(__file__).parent / "cases"
VERBS: dict[str, Any] = yaml.safe_load((FOLDER / "verbs.yaml").read_text())
TARGETS: dict[str, str | None] = VERBS["targets"]
#: nobody holds the node
FREE = {"reservation": None, "lease_token": None, "lease_epoch": None, "lease_deadline": None}
HELD = {"reservation": "somebody", "lease_token": "1.a", "lease_epoch": 1, "lease_why": "a test",
        "lease_since": "2026-01-01 00:00:00.000000", "lease_deadline": "2999-01-01 00:00:00.000000"}


class Stored:
    """The SQLite file of a running service."""

    def __init__(self, data: pathlib.Path) -> None:
        self._path = data / "baremetal.sqlite"

    def put(self, node: str, **columns: Any) -> None:
        """Write columns of a node."""
        names = ", ".join(f"{name} = ?" for name in columns)
        with contextlib.closing(sqlite3.connect(self._path, timeout=30)) as connection, connection:
            done = connection.execute(f"UPDATE nodes SET {names} WHERE uuid = ?", (*columns.values(), node))
            assert done.rowcount == 1, node

    def inspected(self, node: str) -> None:
        """Let a node have an inventory."""
        with contextlib.closing(sqlite3.connect(self._path, timeout=30)) as connection, connection:
            connection.execute("INSERT INTO node_inventory (node_id, inventory, plugin_data) "
                               "SELECT id, '{}', '{}' FROM nodes WHERE uuid = ?", (node,))

    def bring(self, node: str, state: str, **columns: Any) -> None:
        """Let a node stand in a provision state, on its way to where nodes in that state go, held by nobody."""
        self.put(node, provision_state=state, target_provision_state=TARGETS[state], **{**FREE, **columns})
