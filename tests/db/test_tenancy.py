"""Lists that are limited to a project, page by page, on each kind of database."""

import pathlib

from baremetal.api import matrix
from tests.api import stage as stages

LISTS = ("nodes", "ports", "portgroups", "volume/connectors", "volume/targets", "allocations", "runbooks")


def test_a_project_pages_through_its_own(database_url: str, tmp_path: pathlib.Path) -> None:
    with stages.opened(tmp_path, database__connection=database_url) as stage:
        mine: dict[str, list[str]] = {collection: [] for collection in LISTS}
        # another spelling of a project's id is another project
        for owner in (matrix.OWNER, matrix.OTHER, matrix.OWNER.upper(), matrix.OWNER):
            stage.scene["node"] = stage.make("nodes", owner=owner)
            for collection in LISTS:
                fields = {"owner": owner} if collection in ("nodes", *stages.OWNED) else {}
                ident = stage.scene["node"] if collection == "nodes" else stage.make(collection, **fields)
                mine[collection] += [ident] if owner == matrix.OWNER else []
        for collection, idents in mine.items():
            seen: list[str] = []
            path = f"/v1/{collection}?limit=1"
            while path:
                answer = stage.ask("owner reader", "GET", path).json()
                seen += [one["uuid"] for one in answer[collection.rsplit("/", maxsplit=1)[-1]]]
                path = answer.get("next", "").removeprefix("http://localhost")
            assert seen == idents, collection
            stranger = stage.ask("third reader", "GET", f"/v1/{collection}?marker={idents[0]}&sort_key=created_at")
            assert stranger.status == 404, collection
