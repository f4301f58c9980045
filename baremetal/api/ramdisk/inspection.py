"""``POST /v1/continue_inspection``: an agent reports what its server is made of.

The report is stored as it came; the conductor of the node that awaits it is told, and works on it.
"""

import hashlib
import ipaddress
import logging
import typing
import urllib.parse

from baremetal import errors, inspection, states
from baremetal.api import expose, types, versions
from baremetal.api.ramdisk import answers
from baremetal.db import agents, inventory, nodes, record
from baremetal.inspection import outcome, report

LOG = logging.getLogger(__name__)

#: microversion from which on the answer is that of a lookup; older than that only the first one is taken
NEW, OLD = 84, 1
#: states of a node whose report is awaited, now or in a moment
SOON = (states.INSPECTWAIT, states.INSPECTING)
#: columns that are as they were while the same boot's report is awaited
AWAITED = ("provision_state", "provision_updated_at")
#: keys of an inventory that name the server's BMC
BMC = ("bmc_address", "bmc_v6address")


@expose.handler("driver:ipa_continue_inspection", without_credentials=True, params={
    "node_uuid": expose.Param(types.UUID)}, body="document")
def take(call: expose.Call) -> expose.Answer:
    """Take an agent's report on the server that it runs on."""
    uuid = call.params["node_uuid"]
    if OLD < call.version < NEW or (uuid and call.version < NEW):
        raise errors.NotFound(what="continue_inspection",
                              ident=f"(with node_uuid or not) before API version {versions.text(NEW)}")
    addresses, bmcs = _named(call.body)
    if not (uuid or addresses or bmcs):
        raise errors.Invalid(text="The report names no node: it needs a mac_address in inventory.interfaces that is "
                                  "one, or inventory.bmc_address, or node_uuid in the request.")
    found = _find(call, uuid, addresses, bmcs)
    host = answers.host(call, found)
    text = call.request.body.decode()
    if not inventory.store_pending(call.house.database, found.id, text, call.house.clock.now(), {
            name: getattr(found, name) for name in AWAITED}):
        raise errors.Conflict(text="The node awaited a report a moment ago, and something else since. Try again.")
    # an old agent does not look for a token here; it looks itself up afterwards
    told = call.rpc(host, "continue_inspection", node=found.uuid, token=call.version >= NEW, boot=answers.boot(found),
                    report=hashlib.sha256(text.encode()).hexdigest())
    if call.version < NEW:
        return expose.Answer(202, {"uuid": found.uuid})
    return expose.Answer(202, answers.document(call, found, told["token"]))


def _named(body: typing.Any) -> tuple[list[str], set[str]]:
    """Return the MAC and BMC addresses of a report; raises ``ReportRefused`` for what is none."""
    found = inspection.check(body)["inventory"]
    for number, interface in enumerate(found["interfaces"]):
        if report.value(interface, "mac_address", str) is None:
            raise errors.ReportRefused(text=f"The report's inventory.interfaces.{number} has no mac_address; it must "
                                            "be a text.")
    told = (report.value(found, name, str) for name in BMC)
    macs = (outcome.mac(interface["mac_address"]) for interface in found["interfaces"])
    return sorted({mac for mac in macs if mac}), {address for address in map(_address, told) if address}


def _find(call: expose.Call, uuid: str | None, addresses: list[str], bmcs: set[str]) -> nodes.Row:
    """Return the one node that all of it names and that awaits a report; raises ``NotFound``."""
    with call.house.database.read() as connection:
        ways = [agents.by_uuid(connection, uuid, answers.COLUMNS)] if uuid else []
        owners = agents.by_addresses(connection, addresses, answers.COLUMNS) if addresses else []
        waiting = agents.in_states(connection, SOON) if bmcs else []
        reached = {row.uuid for row in waiting if bmcs & _reached_at(record.load(row.driver_info))}
        if not uuid and not owners and len(reached) == 1:
            ways.append(agents.by_uuid(connection, next(iter(reached)), answers.COLUMNS))
    ways += [owners] if owners else []
    candidates = {row.uuid: row for rows in ways for row in rows}
    # what names different nodes names none: a server must not be taken for another one
    one = len(candidates) == 1 and all(ways) and (not reached or set(candidates) <= reached)
    state = next(iter(candidates.values())).provision_state if one else None
    if state == states.INSPECTING:
        # a very fast boot: that the report is awaited is being written
        raise errors.Conflict(text="The node does not await its report yet. Try again.")
    if state != states.INSPECTWAIT:
        LOG.info("%s: a report by node_uuid %s, addresses %s, BMC %s found no node that awaits it (nodes: %s)",
                 call.context.request_id, uuid, addresses[:8], sorted(bmcs), sorted({*candidates, *reached})[:8])
        raise answers.nothing()
    return next(iter(candidates.values()))


def _reached_at(info: dict[str, typing.Any]) -> set[str]:
    """Return the addresses of a node's BMC: what stands in driver_info as one, or as host of a URL; no host names."""
    told = [str(value) for key, value in info.items() if key.endswith("_address")]
    hosts = []
    for value in told:
        try:
            hosts.append(urllib.parse.urlsplit(value).hostname if "://" in value else value)
        except ValueError:
            continue
    return {address for address in map(_address, hosts) if address}


def _address(text: str | None) -> str | None:
    """Return an IP address in its one spelling, or None."""
    try:
        found = ipaddress.ip_address((text or "").strip("[]"))
    except ValueError:
        return None
    return None if found.is_unspecified else str(found)
