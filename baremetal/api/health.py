"""Whether this API process can serve: it reaches its database. For load balancers; tells nothing else."""

import logging

import sqlalchemy as sa

from baremetal.api import expose, policy
from baremetal.db import engine

LOG = logging.getLogger(__name__)

_ASK = sa.text("SELECT 1")


@expose.handler(policy.PUBLIC, without_credentials=True)
def check(call: expose.Call) -> expose.Answer:
    """Answer 200 if the database answers, else 503."""
    try:
        with call.house.database.read() as connection:
            connection.execute(_ASK)
    except engine.AWAY:
        LOG.exception("The database does not answer")
        return expose.Answer(503, {"status": "the database does not answer"})
    return expose.Answer(200, {"status": "ok"})
