"""The port group: every field, since when, who may write it, how it is shown."""

import typing

from baremetal.api import hanging, resource, types
from baremetal.api.resource import Field
from baremetal.db import models

#: names of the bonding modes of Linux, which clients may also give by number or as their switch calls them
MODE = types.String(255, 1)


def _node(page: typing.Any, number: int) -> str | None:
    return page.nodes.get(number)


class PortGroup(resource.Resource):
    """Ports of one node that are bundled to one link."""

    _about = resource.About("portgroups", "port group", models.PORTGROUPS)

    # fmt: off
    uuid                       = Field(types.UUID, "Identity, for ever; generated when not given.", write="create", brief=True)
    created_at                 = Field(types.TIME, "When it was made.")
    updated_at                 = Field(types.TIME, "When it was last changed.")
    name                       = Field(types.String(255), "Name, unique, usable wherever the UUID is.", write="both", brief=True)
    address                    = Field(types.MAC, "MAC address of the bundle, unique.", write="both", brief=True)
    node_uuid                  = Field(types.UUID, "The node it belongs to.", write="both", required=True, sort=False, show=_node, needs=("node_id",))
    extra                      = Field(types.JSON, "Anything the operator wants to note.", write="both")
    internal_info              = Field(types.JSON, "What the service notes for itself.")
    standalone_ports_supported = Field(types.FLAG, "Whether its ports may be used singly, as they must to boot from the network.", write="both")
    mode                       = Field(MODE, "How the links are bundled: a bonding mode of Linux.", since=26, write="both")
    properties                 = Field(types.JSON, "Options of the bonding.", since=26, write="both")
    physical_network           = Field(types.String(64, 1), "The physical network that all its ports are connected to.", since=102, write="both")
    category                   = Field(types.String(80), "What it is for, in the operator's words.", since=103, write="both")
    dynamic_portgroup          = Field(types.FLAG, "Whether the service has made it as it was needed.", since=111)
    links                      = Field(types.ANYTHING, "Links to it.", show=lambda page, uuid: resource.link(page, f"portgroups/{uuid}"), needs=("uuid",), brief=True)
    ports                      = Field(types.ANYTHING, "Links to its ports.", since=24, show=lambda page, uuid: resource.link(page, f"portgroups/{uuid}/ports"), needs=("uuid",), full=True)
    # fmt: on


NOUN = hanging.Noun(PortGroup, "portgroup", "portgroups", ("uuid", "name", "address"), named=True)
