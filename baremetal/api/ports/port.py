"""The port: every field, since when, who may write it, how it is shown."""

import typing

from baremetal.api import resource, types
from baremetal.api.ports import link
from baremetal.api.resource import Field
from baremetal.db import models


def _node(page: typing.Any, number: int) -> str | None:
    return page.nodes.get(number)


class Port(resource.Resource):
    """One network interface of a node."""

    _about = resource.About("ports", "port", models.PORTS)

    # fmt: off
    uuid                   = Field(types.UUID, "Identity, for ever; generated when not given.", write="create", brief=True)
    created_at             = Field(types.TIME, "When it was made.")
    updated_at             = Field(types.TIME, "When it was last changed.")
    address                = Field(types.MAC, "MAC address, unique.", write="both", required=True, brief=True)
    node_uuid              = Field(types.UUID, "The node it belongs to.", write="both", sort=False, show=_node, needs=("node_id",))
    extra                  = Field(types.JSON, "Anything the operator wants to note.", write="both")
    internal_info          = Field(types.JSON, "What the service notes for itself.", since=18)
    local_link_connection  = Field(link.LINK, "The switch port it is plugged into.", since=19, write="both")
    pxe_enabled            = Field(types.FLAG, "Whether the node may boot from the network over it.", since=19, write="both")
    portgroup_uuid         = Field(types.UUID, "The port group it is a member of.", since=24, write="both", sort=False, show=lambda page, uuid: uuid, needs=("portgroup_uuid",))
    physical_network       = Field(types.String(64, 1), "The physical network it is connected to.", since=34, write="both")
    is_smartnic            = Field(types.FLAG, "Whether it is a smart NIC, which is a switch itself.", since=53, write="both")
    name                   = Field(types.String(255), "Name, unique, usable for reading it.", since=88, write="both")
    description            = Field(types.String(255), "Free text.", since=97, write="both")
    vendor                 = Field(types.String(32), "Who made it.", since=100, write="both")
    category               = Field(types.String(80), "What it is for, in the operator's words.", since=101, write="both")
    available_for_dynamic_portgroup = Field(types.FLAG, "Whether port groups may be made of it as needed.", since=111, write="both")
    links                  = Field(types.ANYTHING, "Links to it.", show=lambda page, uuid: resource.link(page, f"ports/{uuid}"), needs=("uuid",), brief=True)
    # fmt: on


#: what a field is when nobody has said anything, or its value was taken away
DEFAULTS = {"pxe_enabled": True, "is_smartnic": False, "available_for_dynamic_portgroup": True}
#: fields that say how the port is connected; they change only while nobody relies on it
CONNECTIVITY = ("portgroup_uuid", "pxe_enabled", "local_link_connection", "physical_network")
