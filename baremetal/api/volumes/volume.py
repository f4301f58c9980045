"""Volume connectors and targets: every field, who may write it, how it is shown."""

import typing

import orjson

from baremetal.api import hanging, resource, types
from baremetal.api.resource import Field
from baremetal.db import models

#: what is shown in the place of properties that are not for the caller
HIDDEN = orjson.Fragment(b'{"redacted_contents":"Not shown: it requires the permission '
                         b'baremetal:volume:view_target_properties."}')
OPENED_BY = "volume:view_target_properties"


def _node(page: typing.Any, number: int) -> str | None:
    return page.nodes.get(number)


def _properties(page: typing.Any, text: str | None) -> orjson.Fragment:
    return orjson.Fragment(text or "{}") if page.open else HIDDEN


class Connector(resource.Resource):
    """What a node is known by to the storage: an iSCSI name, a WWPN, an address."""

    _about = resource.About("connectors", "volume connector", models.VOLUME_CONNECTORS)

    # fmt: off
    uuid         = Field(types.UUID, "Identity, for ever; generated when not given.", write="create", brief=True)
    created_at   = Field(types.TIME, "When it was made.")
    updated_at   = Field(types.TIME, "When it was last changed.")
    node_uuid    = Field(types.UUID, "The node it belongs to.", write="both", required=True, brief=True, sort=False, show=_node, needs=("node_id",))
    type         = Field(types.String(32, 1), "What its id is: iqn, ip, mac, wwnn, wwpn, port, portgroup …", write="both", required=True, brief=True)
    connector_id = Field(types.String(255, 1), "The id, unique with its type.", write="both", required=True, brief=True)
    extra        = Field(types.JSON, "Anything the operator wants to note.", write="both")
    links        = Field(types.ANYTHING, "Links to it.", show=lambda page, uuid: resource.link(page, f"volume/connectors/{uuid}"), needs=("uuid",), brief=True)
    # fmt: on


class Target(resource.Resource):
    """A remote volume of a node."""

    _about = resource.About("targets", "volume target", models.VOLUME_TARGETS)

    # fmt: off
    uuid        = Field(types.UUID, "Identity, for ever; generated when not given.", write="create", brief=True)
    created_at  = Field(types.TIME, "When it was made.")
    updated_at  = Field(types.TIME, "When it was last changed.")
    node_uuid   = Field(types.UUID, "The node it belongs to.", write="both", required=True, brief=True, sort=False, show=_node, needs=("node_id",))
    volume_type = Field(types.String(64, 1), "How it is reached: iscsi, fibre_channel.", write="both", required=True, brief=True)
    boot_index  = Field(types.Whole(-2**31, 2**31 - 1), "Its place among the node's volumes; the node boots from 0.", write="both", required=True, brief=True)
    volume_id   = Field(types.String(36, 1), "What the storage calls it.", write="both", required=True, brief=True)
    properties  = Field(types.JSON, "How it is reached: address, name, unit …; secrets are masked.", write="both", sort=False, show=_properties, needs=("properties",))
    extra       = Field(types.JSON, "Anything the operator wants to note.", write="both")
    links       = Field(types.ANYTHING, "Links to it.", show=lambda page, uuid: resource.link(page, f"volume/targets/{uuid}"), needs=("uuid",), brief=True)
    # fmt: on


CONNECTORS = hanging.Noun(Connector, "volume", "volume/connectors", ("uuid", "connector_id"))
TARGETS = hanging.Noun(Target, "volume", "volume/targets", ("uuid", "boot_index"), opened_by=OPENED_BY)
