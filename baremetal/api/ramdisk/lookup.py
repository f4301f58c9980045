"""``GET /v1/lookup``: an agent asks which node it is on, by its MAC addresses or by the UUID it was told.

One SELECT, and one call of the conductor, which hands out the token once per boot.
"""

import logging
import typing

from baremetal import errors, states
from baremetal.api import expose, types
from baremetal.api.ramdisk import answers
from baremetal.db import agents

LOG = logging.getLogger(__name__)

#: states in which a ramdisk of ours may run
ALLOWED = frozenset({states.DEPLOYING, states.DEPLOYWAIT, states.CLEANING, states.CLEANWAIT, states.INSPECTING,
                     states.INSPECTWAIT, states.RESCUING, states.RESCUEWAIT, states.SERVICING, states.SERVICEWAIT})
#: most MAC addresses of one server
MOST = 1000


class Addresses(types.Words):
    """A comma list of MAC addresses; what is none is left out, since not every interface has one that can be used."""

    wanted = f"It must be up to {MOST} MAC addresses with commas between them."

    def validate(self, value: typing.Any) -> list[str]:
        """Return the MAC addresses in lower case."""
        words = super().validate(value)
        if len(words) > MOST:
            raise ValueError(self.wanted)
        return [found for found in map(_mac, words) if found]


def _mac(word: str) -> str | None:
    try:
        return types.MAC.validate(word)
    except ValueError:
        return None


@expose.handler("driver:ipa_lookup", without_credentials=True, params={
    "addresses": expose.Param(Addresses(), default=()), "node_uuid": expose.Param(types.UUID)})
def show(call: expose.Call) -> dict[str, typing.Any]:
    """Tell an agent its node, how to behave, and its token."""
    addresses, uuid = call.params["addresses"], call.params["node_uuid"]
    if not addresses and not uuid:
        raise errors.Invalid(text="At least one of 'addresses' (MAC addresses with commas between them) and "
                                  "'node_uuid' is required.")
    with call.house.database.read() as connection:
        found = agents.by_uuid(connection, uuid, answers.COLUMNS) if uuid else agents.by_addresses(
            connection, addresses, answers.COLUMNS)
    if len(found) != 1:
        LOG.info("%s: lookup by %s found %s nodes", call.context.request_id, uuid or addresses[:8], len(found))
        raise answers.nothing()
    node = found[0]
    if call.house.conf.api.restrict_lookup and node.provision_state not in ALLOWED:
        LOG.info("%s: lookup of node %s is not answered in state %r", call.context.request_id, node.uuid,
                 node.provision_state)
        raise answers.nothing()
    if call.version < answers.TOKENS:
        return answers.document(call, node, answers.known_token(node))
    told = call.rpc(answers.host(call, node), "lookup", node=node.uuid, boot=answers.boot(node))
    return answers.document(call, node, told["token"])
