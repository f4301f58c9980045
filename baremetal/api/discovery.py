"""The discovery documents: what versions there are, and what a version has."""

import typing

from baremetal.api import expose, policy, versions

#: resource: microversion that brought it
RESOURCES = {
    "chassis": 1, "nodes": 1, "ports": 1, "drivers": 1, "portgroups": 23, "volume": 32, "lookup": 22, "heartbeat": 22,
    "conductors": 49, "allocations": 52, "events": 54, "deploy_templates": 55, "shards": 82, "continue_inspection": 84,
    "runbooks": 92, "inspection_rules": 96,
}


def _version(call: expose.Call) -> dict[str, typing.Any]:
    return {"id": "v1", "links": [{"href": f"{call.base}/v1/", "rel": "self"}], "status": "CURRENT",
            "min_version": versions.text(versions.LOWEST), "version": versions.text(versions.HIGHEST)}


@expose.handler(policy.PUBLIC, without_credentials=True)
def root(call: expose.Call) -> dict[str, typing.Any]:
    """Show the versions."""
    version = _version(call)
    return {"name": "OpenStack Ironic API",
            "description": "baremetal: a bare metal API that speaks the Ironic v1 convention.",
            "default_version": version, "versions": [version]}


@expose.handler(policy.PUBLIC, without_credentials=True)
def v1(call: expose.Call) -> dict[str, typing.Any]:
    """Show what v1 has at the request's microversion."""
    document: dict[str, typing.Any] = {
        "id": "v1",
        "links": [{"href": f"{call.base}/v1/", "rel": "self"},
                  {"href": f"{call.base}/ops/v1/reference", "rel": "describedby", "type": "text/html"}],
        "media_types": {"base": "application/json", "type": "application/vnd.openstack.ironic.v1+json"},
        "version": _version(call),
    }
    for name, since in RESOURCES.items():
        if since <= call.version:
            document[name] = [{"href": f"{call.base}/v1/{name}/", "rel": "self"},
                              {"href": f"{call.base}/{name}/", "rel": "bookmark"}]
    return document


@expose.handler(policy.PUBLIC, without_credentials=True)
def options(_call: expose.Call, methods: list[str]) -> expose.Answer:
    """Tell the methods of a path."""
    return expose.Answer(200, headers=(("Allow", ", ".join(methods)),))
