"""Reading volumes: the two collections, one of each, those of a node. Never crosses RPC."""

import typing

from baremetal.api import expose, hanging, lists, resource, types
from baremetal.api.nodes import find
from baremetal.api.volumes import volume

#: ``detail`` is as old as volumes are, older than with other collections
PARAMS = {**lists.PARAMS, "node": expose.Param(types.TEXT), "detail": expose.Param(types.FLAG)}
FIELDS = {"fields": lists.PARAMS["fields"]}


def _root(call: expose.Call, path: str) -> dict[str, typing.Any]:
    """Return the links to the collections below ``path``."""
    return {"links": resource.link(call, path), "connectors": resource.link(call, f"{path}/connectors"),
            "targets": resource.link(call, f"{path}/targets")}


@expose.handler("volume:list")
def root(call: expose.Call) -> dict[str, typing.Any]:
    """Show where connectors and targets are."""
    call.judged = True
    call.may(call.rule)
    return _root(call, "volume")


@expose.handler("volume:get")
def root_of_node(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show where a node's connectors and targets are."""
    found = find.one(call, name, "uuid")
    return _root(call, f"nodes/{found.uuid}/volume")


def _page(call: expose.Call, noun: hanging.Noun, node: str | None, path: str = "") -> dict[str, typing.Any]:
    return noun.page(call, lists.view(call, noun.kind), noun.where(call, node), path)


@expose.handler("volume:list", params=PARAMS)
def connectors(call: expose.Call) -> dict[str, typing.Any]:
    """List volume connectors."""
    return _page(call, volume.CONNECTORS, call.params["node"])


@expose.handler("volume:list", params=PARAMS)
def connectors_of_node(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the volume connectors of a node."""
    return _page(call, volume.CONNECTORS, name, f"nodes/{name}/volume/connectors")


@expose.handler("volume:list", params=PARAMS)
def targets(call: expose.Call) -> dict[str, typing.Any]:
    """List volume targets."""
    return _page(call, volume.TARGETS, call.params["node"])


@expose.handler("volume:list", params=PARAMS)
def targets_of_node(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the volume targets of a node."""
    return _page(call, volume.TARGETS, name, f"nodes/{name}/volume/targets")


@expose.handler("volume:get", params=FIELDS)
def connector(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a volume connector."""
    return volume.CONNECTORS.one(call, name)


@expose.handler("volume:get", params=FIELDS)
def target(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a volume target."""
    return volume.TARGETS.one(call, name)
