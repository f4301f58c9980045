"""What each route of ``/v1`` answers when all is well, for its OpenAPI document. A test finds routes without a line.

Resources are named by their class, whose schema is made from its fields; what is no resource stands here as a schema.
"""

import dataclasses
import typing

from baremetal import states
from baremetal.api import (
    allocations,
    chassis,
    conductors,
    inspection,
    nodes,
    portgroups,
    ports,
    resource,
    runbooks,
    templates,
    volumes,
)
from baremetal.api.ops import schemas

TEXT: schemas.Schema = {"type": "string"}
TEXT_OR_NULL: schemas.Schema = {"type": ["string", "null"]}
FREE: schemas.Schema = {"type": "object"}


@dataclasses.dataclass(frozen=True)
class One:
    """One object."""

    kind: type[resource.Resource]
    status: int = 200

    def answers(self) -> dict[int, schemas.Schema | None]:
        """Return the schema of each status."""
        return {self.status: schemas.reference(self.kind)}


@dataclasses.dataclass(frozen=True)
class Many:
    """A page of a collection."""

    kind: type[resource.Resource]
    #: its key in the answer, where that is not the word of the URL
    key: str = ""

    def answers(self) -> dict[int, schemas.Schema | None]:
        """Return the schema of each status."""
        return {200: schemas.page(self.kind, self.key or self.kind.about().path)}


@dataclasses.dataclass(frozen=True)
class Body:
    """Something else, by its schema."""

    schema: schemas.Schema
    kind: None = None

    def answers(self) -> dict[int, schemas.Schema | None]:
        """Return the schema of each status."""
        return {200: self.schema}


@dataclasses.dataclass(frozen=True)
class Nothing:
    """No body."""

    status: int = 204
    kind: None = None

    def answers(self) -> dict[int, schemas.Schema | None]:
        """Return the schema of each status."""
        return {self.status: None}


@dataclasses.dataclass(frozen=True)
class Called:
    """What a vendor method returns, or nothing where it goes on in the background."""

    kind: None = None

    def answers(self) -> dict[int, schemas.Schema | None]:
        """Return the schema of each status."""
        return {200: {}, 202: None}


def _object(**properties: schemas.Schema) -> Body:
    """Return an object of just these keys, all of them there."""
    return Body(_exactly(**properties))


def _exactly(**properties: schemas.Schema) -> schemas.Schema:
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


def _each(schema: schemas.Schema) -> schemas.Schema:
    return {"type": "array", "items": schema}


def _named(schema: schemas.Schema) -> Body:
    """Return an object whose keys are names."""
    return Body({"type": "object", "additionalProperties": schema})


# fmt: off
_VERSION = {"type": "object", "required": ["id", "links", "status", "min_version", "version"]}
_ROOT = _object(name=TEXT, description=TEXT, default_version=_VERSION, versions=_each(_VERSION))
_V1 = Body({"type": "object", "required": ["id", "links", "media_types", "version"]})
_VALIDITY = _exactly(result={"type": ["boolean", "null"]}) | {
    "properties": {"result": {"type": ["boolean", "null"]}, "reason": TEXT_OR_NULL}}
_INTERFACE = r"^(default_\w+_interface|enabled_\w+_interfaces)$"
DRIVER: schemas.Schema = {
    "type": "object", "additionalProperties": False,
    "properties": {"name": TEXT, "hosts": _each(TEXT), "links": schemas.LINKS, "properties": schemas.LINKS,
                   "type": {"type": "string", "enum": ["dynamic"]}},
    "patternProperties": {_INTERFACE: {"anyOf": [TEXT_OR_NULL, _each(TEXT)]}}}
_STATES = Body({"type": "object", "additionalProperties": False, "required": ["provision_state", "power_state"],
                "properties": {name: schemas.shown(nodes.node.Node)["properties"][name]
                               for name in nodes.states.FIELDS}})
_LAMP = _exactly(name=TEXT, component=TEXT, readonly={"type": "boolean"}, states=_each(TEXT), links=schemas.LINKS)
_METHOD = _exactly(**{"async": {"type": "boolean"}}, http_methods=_each(TEXT), description=TEXT,
                   attach={"type": "boolean"})
_NODE_METHOD = {**_METHOD, "properties": {**_METHOD["properties"], "require_exclusive_lock": {"type": "boolean"}}}
_CONSOLE = _object(console_enabled={"type": "boolean"}, console_info={"type": ["object", "null"]})
_LOOKUP = _exactly(node=FREE, config=FREE)
ACCEPTED, GONE = Nothing(202), Nothing(204)
_NODE, _PORT, _CHASSIS = nodes.node.Node, ports.port.Port, chassis.shelf.Chassis

_TEMPLATE, _RUNBOOK = templates.template.DeployTemplate, runbooks.runbook.Runbook
_RULE = inspection.rule.InspectionRule
_ALLOCATION = allocations.allocation.Allocation
_GROUP, _CONNECTOR, _TARGET = portgroups.group.PortGroup, volumes.volume.Connector, volumes.volume.Target
_VOLUME = _object(links=schemas.LINKS, connectors=schemas.LINKS, targets=schemas.LINKS)

#: (method, path): what it answers
ANSWERS: dict[tuple[str, str], One | Many | Body | Nothing | Called] = {
    ("GET",    "/"):                                              _ROOT,
    ("GET",    "/v1"):                                            _V1,
    ("GET",    "/healthcheck"):                                   Body({}),
    ("GET",    "/v1/allocations"):                                Many(_ALLOCATION),
    ("POST",   "/v1/allocations"):                                One(_ALLOCATION, 201),
    ("GET",    "/v1/allocations/{allocation}"):                   One(_ALLOCATION),
    ("PATCH",  "/v1/allocations/{allocation}"):                   One(_ALLOCATION),
    ("DELETE", "/v1/allocations/{allocation}"):                   GONE,
    ("GET",    "/v1/nodes/{node}/allocation"):                    One(_ALLOCATION),
    ("DELETE", "/v1/nodes/{node}/allocation"):                    GONE,
    ("GET",    "/v1/chassis"):                                    Many(_CHASSIS),
    ("POST",   "/v1/chassis"):                                    One(_CHASSIS, 201),
    ("GET",    "/v1/chassis/detail"):                             Many(_CHASSIS),
    ("GET",    "/v1/chassis/{chassis}"):                          One(_CHASSIS),
    ("PATCH",  "/v1/chassis/{chassis}"):                          One(_CHASSIS),
    ("DELETE", "/v1/chassis/{chassis}"):                          GONE,
    ("GET",    "/v1/chassis/{chassis}/nodes"):                    Many(_NODE),
    ("GET",    "/v1/chassis/{chassis}/nodes/detail"):             Many(_NODE),
    ("GET",    "/v1/conductors"):                                 Many(conductors.Conductor),
    ("GET",    "/v1/conductors/{conductor}"):                     One(conductors.Conductor),
    ("GET",    "/v1/drivers"):                                    _object(drivers=_each(DRIVER)),
    ("GET",    "/v1/drivers/{driver}"):                           Body(DRIVER),
    ("GET",    "/v1/drivers/{driver}/properties"):                _named(TEXT),
    ("GET",    "/v1/drivers/{driver}/raid/logical_disk_properties"): _named(TEXT),
    ("GET",    "/v1/drivers/{driver}/vendor_passthru/methods"):   _named(_METHOD),
    ("GET",    "/v1/nodes"):                                      Many(_NODE),
    ("GET",    "/v1/nodes/detail"):                               Many(_NODE),
    ("POST",   "/v1/nodes"):                                      One(_NODE, 201),
    ("GET",    "/v1/nodes/validate"):                             _named(_VALIDITY),
    ("GET",    "/v1/nodes/{node}"):                               One(_NODE),
    ("PATCH",  "/v1/nodes/{node}"):                               One(_NODE),
    ("DELETE", "/v1/nodes/{node}"):                               GONE,
    ("GET",    "/v1/nodes/{node}/validate"):                      _named(_VALIDITY),
    ("PUT",    "/v1/nodes/{node}/maintenance"):                   ACCEPTED,
    ("DELETE", "/v1/nodes/{node}/maintenance"):                   ACCEPTED,
    ("GET",    "/v1/nodes/{node}/states"):                        _STATES,
    ("GET",    "/v1/nodes/{node}/states/console"):                _CONSOLE,
    ("PUT",    "/v1/nodes/{node}/states/console"):                ACCEPTED,
    ("PUT",    "/v1/nodes/{node}/states/power"):                  ACCEPTED,
    ("PUT",    "/v1/nodes/{node}/states/provision"):              ACCEPTED,
    ("PUT",    "/v1/nodes/{node}/states/raid"):                   GONE,
    ("PUT",    "/v1/nodes/{node}/states/boot_mode"):              ACCEPTED,
    ("PUT",    "/v1/nodes/{node}/states/secure_boot"):            ACCEPTED,
    ("GET",    "/v1/nodes/{node}/management/boot_device"):        _object(boot_device=TEXT_OR_NULL,
                                                                          persistent={"type": ["boolean", "null"]}),
    ("PUT",    "/v1/nodes/{node}/management/boot_device"):        GONE,
    ("GET",    "/v1/nodes/{node}/management/boot_device/supported"): _object(supported_boot_devices=_each(TEXT)),
    ("GET",    "/v1/nodes/{node}/management/indicators"):         _object(indicators=_each(_LAMP)),
    ("GET",    "/v1/nodes/{node}/management/indicators/{indicator}"): _object(state=TEXT),
    ("PUT",    "/v1/nodes/{node}/management/indicators/{indicator}"): GONE,
    ("PUT",    "/v1/nodes/{node}/management/inject_nmi"):         GONE,
    ("GET",    "/v1/nodes/{node}/traits"):                        _object(traits=_each(TEXT)),
    ("PUT",    "/v1/nodes/{node}/traits"):                        GONE,
    ("DELETE", "/v1/nodes/{node}/traits"):                        GONE,
    ("PUT",    "/v1/nodes/{node}/traits/{trait}"):                GONE,
    ("DELETE", "/v1/nodes/{node}/traits/{trait}"):                GONE,
    ("GET",    "/v1/nodes/{node}/bios"):                          Many(nodes.bios.Setting),
    ("GET",    "/v1/nodes/{node}/bios/{setting}"):                _named(schemas.reference(nodes.bios.Setting)),
    ("GET",    "/v1/nodes/{node}/firmware"):                      Many(nodes.firmware.Component),
    ("GET",    "/v1/nodes/{node}/history"):                       Many(nodes.history.Entry),
    ("GET",    "/v1/nodes/{node}/history/{entry}"):               One(nodes.history.Entry),
    ("GET",    "/v1/nodes/{node}/inventory"):                     _object(inventory=FREE, plugin_data=FREE),
    ("GET",    "/v1/nodes/{node}/vendor_passthru/methods"):       _named(_NODE_METHOD),
    ("GET",    "/v1/nodes/{node}/vifs"):                          _object(vifs=_each(_exactly(id=TEXT))),
    ("POST",   "/v1/nodes/{node}/vifs"):                          GONE,
    ("DELETE", "/v1/nodes/{node}/vifs/{vif}"):                    GONE,
    ("GET",    "/v1/nodes/{node}/vmedia"):                        Body(_each(FREE)),
    ("POST",   "/v1/nodes/{node}/vmedia"):                        GONE,
    ("DELETE", "/v1/nodes/{node}/vmedia"):                        GONE,
    ("GET",    "/v1/nodes/{node}/ports"):                         Many(_PORT),
    ("GET",    "/v1/nodes/{node}/ports/detail"):                  Many(_PORT),
    ("GET",    "/v1/ports"):                                      Many(_PORT),
    ("POST",   "/v1/ports"):                                      One(_PORT, 201),
    ("GET",    "/v1/ports/detail"):                               Many(_PORT),
    ("GET",    "/v1/ports/{port}"):                               One(_PORT),
    ("PATCH",  "/v1/ports/{port}"):                               One(_PORT),
    ("DELETE", "/v1/ports/{port}"):                               GONE,
    ("GET",    "/v1/nodes/{node}/children"):                      _object(children=_each(TEXT), links=schemas.LINK),
    ("GET",    "/v1/nodes/{node}/portgroups"):                    Many(_GROUP),
    ("GET",    "/v1/nodes/{node}/portgroups/detail"):             Many(_GROUP),
    ("GET",    "/v1/nodes/{node}/volume"):                        _VOLUME,
    ("GET",    "/v1/nodes/{node}/volume/connectors"):             Many(_CONNECTOR),
    ("GET",    "/v1/nodes/{node}/volume/targets"):                Many(_TARGET),
    ("GET",    "/v1/portgroups"):                                 Many(_GROUP),
    ("POST",   "/v1/portgroups"):                                 One(_GROUP, 201),
    ("GET",    "/v1/portgroups/detail"):                          Many(_GROUP),
    ("GET",    "/v1/portgroups/{portgroup}"):                     One(_GROUP),
    ("PATCH",  "/v1/portgroups/{portgroup}"):                     One(_GROUP),
    ("DELETE", "/v1/portgroups/{portgroup}"):                     GONE,
    ("GET",    "/v1/portgroups/{portgroup}/ports"):               Many(_PORT),
    ("GET",    "/v1/portgroups/{portgroup}/ports/detail"):        Many(_PORT),
    ("GET",  "/v1/deploy_templates"):                             Many(_TEMPLATE),
    ("POST", "/v1/deploy_templates"):                             One(_TEMPLATE, 201),
    ("GET",  "/v1/deploy_templates/{template}"):                  One(_TEMPLATE),
    ("PATCH","/v1/deploy_templates/{template}"):                  One(_TEMPLATE),
    ("DELETE","/v1/deploy_templates/{template}"):                 GONE,
    ("GET",  "/v1/runbooks"):                                     Many(_RUNBOOK),
    ("POST", "/v1/runbooks"):                                     One(_RUNBOOK, 201),
    ("GET",  "/v1/runbooks/{runbook}"):                           One(_RUNBOOK),
    ("PATCH","/v1/runbooks/{runbook}"):                           One(_RUNBOOK),
    ("DELETE","/v1/runbooks/{runbook}"):                          GONE,
    ("GET",  "/v1/inspection_rules"):                             Many(_RULE),
    ("POST", "/v1/inspection_rules"):                             One(_RULE, 201),
    ("GET",  "/v1/inspection_rules/{rule}"):                      One(_RULE),
    ("PATCH","/v1/inspection_rules/{rule}"):                      One(_RULE),
    ("DELETE","/v1/inspection_rules/{rule}"):                     GONE,
    ("GET",  "/v1/runbooks/{runbook}/traits"):                    _object(traits=_each(TEXT)),
    ("PUT",  "/v1/runbooks/{runbook}/traits"):                    GONE,
    ("DELETE","/v1/runbooks/{runbook}/traits"):                   GONE,
    ("PUT",  "/v1/runbooks/{runbook}/traits/{trait}"):            GONE,
    ("DELETE","/v1/runbooks/{runbook}/traits/{trait}"):           GONE,
    ("GET",    "/v1/shards"):                                     _object(shards=_each(_exactly(
        name=TEXT, count={"type": "integer"}))),
    ("GET",    "/v1/shards/{shard}"):                             Body({}),
    ("GET",    "/v1/volume"):                                     _VOLUME,
    ("GET",    "/v1/volume/connectors"):                          Many(_CONNECTOR),
    ("POST",   "/v1/volume/connectors"):                          One(_CONNECTOR, 201),
    ("GET",    "/v1/volume/connectors/{connector}"):              One(_CONNECTOR),
    ("PATCH",  "/v1/volume/connectors/{connector}"):              One(_CONNECTOR),
    ("DELETE", "/v1/volume/connectors/{connector}"):              GONE,
    ("GET",    "/v1/volume/targets"):                             Many(_TARGET),
    ("POST",   "/v1/volume/targets"):                             One(_TARGET, 201),
    ("GET",    "/v1/volume/targets/{target}"):                    One(_TARGET),
    ("PATCH",  "/v1/volume/targets/{target}"):                    One(_TARGET),
    ("DELETE", "/v1/volume/targets/{target}"):                    GONE,
    ("POST",   "/v1/events"):                                     GONE,
    ("GET",    "/v1/lookup"):                                     Body(_LOOKUP),
    ("POST",   "/v1/heartbeat/{node}"):                           ACCEPTED,
    ("POST",   "/v1/continue_inspection"):                        Nothing(202),
    **{(method, f"/v1/{whose}/vendor_passthru{more}"): Called()
       for method in ("GET", "POST", "PUT", "PATCH", "DELETE") for whose in ("drivers/{driver}", "nodes/{node}")
       for more in ("", "/{method}")},
}
# fmt: on
#: path of a collection or an object: an example of what is sent to make or change it, or to begin something
EXAMPLES: dict[tuple[str, str], typing.Any] = {
    ("POST", "/v1/nodes"): {"name": "rack1-node1", "driver": "ipmi", "resource_class": "baremetal", "driver_info": {
        "ipmi_address": "192.0.2.10", "ipmi_username": "admin", "ipmi_password": "secret"}},
    ("PATCH", "/v1/nodes/{node}"): [{"op": "add", "path": "/extra/rack", "value": "r1"}],
    ("POST", "/v1/ports"): {"node_uuid": "8b2b1f4e-4f0e-4a53-9d2f-5f1f7f0b8a11", "address": "52:54:00:12:34:56"},
    ("PUT", "/v1/nodes/{node}/states/power"): {"target": "power on"},
    ("PUT", "/v1/nodes/{node}/states/provision"): {"target": next(iter(states.VERBS))},
    ("PUT", "/v1/nodes/{node}/states/raid"): {"logical_disks": [
        {"raid_level": "1", "size_gb": 100, "is_root_volume": True}]},
    ("PUT", "/v1/nodes/{node}/management/indicators/{indicator}"): {"state": "blinking"},
    ("POST", "/v1/nodes/{node}/vifs"): {"id": "b2f0ee29-8bd3-4a4a-8c1e-1c0a1f0c9b53"},
    ("POST", "/v1/nodes/{node}/vmedia"): {"device_type": "cdrom", "image_url": "http://images.example/rescue.iso"},
    ("PUT", "/v1/nodes/{node}/traits"): {"traits": ["CUSTOM_FAST"]},
    ("PUT", "/v1/nodes/{node}/maintenance"): {"reason": "a fan is being replaced"},
}
