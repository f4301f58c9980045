"""Shards: how many nodes each has. They are words on nodes, and no objects of their own."""

import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import expose
from baremetal.db import models

NODES = models.NODES
_COUNT = sa.func.count().label("count")
_COUNTS = sa.select(NODES.c.shard, _COUNT).group_by(NODES.c.shard).order_by(_COUNT.desc(), NODES.c.shard)


@expose.handler("shards:get")
def page(call: expose.Call) -> dict[str, typing.Any]:
    """List the shards, the largest first; "None" is that of nodes without one."""
    with call.house.database.read() as connection:
        return {"shards": [{"name": str(row.shard), "count": row.count} for row in connection.execute(_COUNTS)]}


@expose.handler("shards:get")
def one(_call: expose.Call, name: str) -> typing.NoReturn:
    """Say that a shard is nothing that can be shown."""
    raise errors.NotFound(what="Shard as an object (shards are only listed)", ident=name)
