"""Whether this API process can serve: it reaches its database. For load balancers; tells nothing else."""

import sqlalchemy as sa

from baremetal.api import expose, policy

_ASK = sa.text("SELECT 1")


@expose.handler(policy.PUBLIC, without_credentials=True)
def check(call: expose.Call) -> dict[str, str]:
    """Answer, if the database does."""
    with call.house.database.read() as connection:
        connection.execute(_ASK)
    return {"status": "ok"}
