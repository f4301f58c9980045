"""Every route of the API on one screen: path, method, since which microversion, handler."""

import collections.abc
import dataclasses
import functools
import typing

from baremetal import errors
from baremetal.api import (
    allocations,
    chassis,
    conductors,
    discovery,
    drivers,
    expose,
    health,
    inspection,
    neighbours,
    nodes,
    ops,
    portgroups,
    ports,
    ramdisk,
    runbooks,
    shards,
    templates,
    vendor,
    versions,
    volumes,
)

Handler = collections.abc.Callable[..., typing.Any]


@dataclasses.dataclass(frozen=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    handler: Handler
    since: int = 1
    #: what a too old request gets: "missing" (404), "method" (405), "version" (406), or "absent": 404 as of an object
    early: str = "missing"


def _any(path: str, handler: Handler) -> tuple[Route, ...]:
    """Return the routes of a path that takes every method."""
    return tuple(Route(method, path, handler) for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))


# fmt: off
TABLE: tuple[Route, ...] = (
    Route("GET",    "/",                                      discovery.root),
    Route("HEAD",   "/",                                      discovery.root),
    Route("GET",    "/v1",                                    discovery.v1),
    Route("HEAD",   "/v1",                                    discovery.v1),
    Route("GET",    "/healthcheck",                           health.check),
    Route("HEAD",   "/healthcheck",                           health.check),
    Route("GET",    "/ops/v1/events",                         ops.happenings.show),
    Route("GET",    "/ops/v1/fleet",                          ops.fleet.show),
    Route("GET",    "/ops/v1/nodes/{node}/events",            ops.events.show),
    Route("GET",    "/ops/v1/nodes/{node}/eventlog",          ops.hardware.eventlog),
    Route("GET",    "/ops/v1/nodes/{node}/sensors",           ops.hardware.sensors),
    Route("GET",    "/ops/v1/nodes/{node}/timeline",          ops.timeline.show),
    Route("GET",    "/ops/v1/openapi.json",                   ops.openapi.show),
    Route("GET",    "/ops/v1/reference",                      ops.reference.show),
    Route("GET",    "/v1/allocations",                        allocations.lists.page, since=52),
    Route("POST",   "/v1/allocations",                        allocations.write.create, since=52, early="method"),
    Route("GET",    "/v1/allocations/{allocation}",           allocations.lists.one, since=52),
    Route("PATCH",  "/v1/allocations/{allocation}",           allocations.write.change, since=57, early="method"),
    Route("DELETE", "/v1/allocations/{allocation}",           allocations.write.remove, since=52, early="method"),
    Route("GET",    "/v1/chassis",                            chassis.lists.page),
    Route("POST",   "/v1/chassis",                            chassis.write.create),
    Route("GET",    "/v1/chassis/detail",                     chassis.lists.detailed_page),
    Route("GET",    "/v1/chassis/{chassis}",                  chassis.lists.one),
    Route("PATCH",  "/v1/chassis/{chassis}",                  chassis.write.change),
    Route("DELETE", "/v1/chassis/{chassis}",                  chassis.write.remove),
    Route("GET",    "/v1/chassis/{chassis}/nodes",            nodes.lists.in_chassis),
    Route("GET",    "/v1/chassis/{chassis}/nodes/detail",     nodes.lists.in_chassis_detailed),
    Route("GET",    "/v1/conductors",                         conductors.page, since=49),
    Route("GET",    "/v1/conductors/{conductor}",             conductors.one, since=49),
    Route("GET",    "/v1/deploy_templates",                   templates.lists.page, since=55),
    Route("POST",   "/v1/deploy_templates",                   templates.write.create, since=55, early="method"),
    Route("GET",    "/v1/deploy_templates/{template}",        templates.lists.one, since=55),
    Route("PATCH",  "/v1/deploy_templates/{template}",        templates.write.change, since=55, early="method"),
    Route("DELETE", "/v1/deploy_templates/{template}",        templates.write.remove, since=55, early="method"),
    Route("GET",    "/v1/drivers",                            drivers.page),
    Route("GET",    "/v1/drivers/{driver}",                   drivers.one),
    Route("GET",    "/v1/drivers/{driver}/properties",        drivers.properties),
    Route("GET",    "/v1/drivers/{driver}/raid/logical_disk_properties", drivers.logical_disks, since=12,
          early="version"),
    Route("GET",    "/v1/drivers/{driver}/vendor_passthru/methods", vendor.methods),
    *_any("/v1/drivers/{driver}/vendor_passthru",             vendor.run),
    *_any("/v1/drivers/{driver}/vendor_passthru/{method}",    vendor.run),
    Route("GET",    "/v1/inspection_rules",                   inspection.lists.page, since=96),
    Route("POST",   "/v1/inspection_rules",                   inspection.write.create, since=96, early="method"),
    Route("GET",    "/v1/inspection_rules/{rule}",            inspection.lists.one, since=96),
    Route("PATCH",  "/v1/inspection_rules/{rule}",            inspection.write.change, since=96, early="method"),
    Route("DELETE", "/v1/inspection_rules/{rule}",            inspection.write.remove, since=96, early="method"),
    Route("GET",    "/v1/nodes",                              nodes.lists.page),
    Route("GET",    "/v1/nodes/detail",                       nodes.lists.detailed_page),
    Route("POST",   "/v1/nodes",                              nodes.create.create),
    Route("GET",    "/v1/nodes/validate",                     nodes.management.validate_named),
    Route("GET",    "/v1/nodes/{node}",                       nodes.lists.one),
    Route("PATCH",  "/v1/nodes/{node}",                       nodes.patch.change),
    Route("DELETE", "/v1/nodes/{node}",                       nodes.delete.delete),
    Route("GET",    "/v1/nodes/{node}/validate",              nodes.management.validate),
    Route("PUT",    "/v1/nodes/{node}/maintenance",           nodes.maintenance.begin),
    Route("DELETE", "/v1/nodes/{node}/maintenance",           nodes.maintenance.end),
    Route("GET",    "/v1/nodes/{node}/states",                nodes.states.show),
    Route("GET",    "/v1/nodes/{node}/states/console",        nodes.console.show),
    Route("PUT",    "/v1/nodes/{node}/states/console",        nodes.console.switch),
    Route("PUT",    "/v1/nodes/{node}/states/power",          nodes.power.switch),
    Route("PUT",    "/v1/nodes/{node}/states/provision",      nodes.provision.move),
    Route("PUT",    "/v1/nodes/{node}/states/raid",           nodes.states.set_raid, since=12, early="version"),
    Route("PUT",    "/v1/nodes/{node}/states/boot_mode",      nodes.states.set_boot_mode, since=76),
    Route("PUT",    "/v1/nodes/{node}/states/secure_boot",    nodes.states.set_secure_boot, since=76),
    Route("GET",    "/v1/nodes/{node}/management/boot_device", nodes.management.boot_device),
    Route("PUT",    "/v1/nodes/{node}/management/boot_device", nodes.management.set_boot_device),
    Route("GET",    "/v1/nodes/{node}/management/boot_device/supported", nodes.management.boot_devices),
    Route("GET",    "/v1/nodes/{node}/management/indicators", nodes.indicators.page, since=63),
    Route("GET",    "/v1/nodes/{node}/management/indicators/{indicator}", nodes.indicators.one, since=63),
    Route("PUT",    "/v1/nodes/{node}/management/indicators/{indicator}", nodes.indicators.switch, since=63),
    Route("PUT",    "/v1/nodes/{node}/management/inject_nmi", nodes.management.inject_nmi, since=29),
    Route("GET",    "/v1/nodes/{node}/traits",                nodes.traits.show, since=37, early="version"),
    Route("PUT",    "/v1/nodes/{node}/traits",                nodes.traits.replace, since=37, early="method"),
    Route("DELETE", "/v1/nodes/{node}/traits",                nodes.traits.clear, since=37, early="method"),
    Route("PUT",    "/v1/nodes/{node}/traits/{trait}",        nodes.traits.add, since=37, early="method"),
    Route("DELETE", "/v1/nodes/{node}/traits/{trait}",        nodes.traits.remove, since=37, early="method"),
    Route("GET",    "/v1/nodes/{node}/bios",                  nodes.bios.page, since=40),
    Route("GET",    "/v1/nodes/{node}/bios/{setting}",        nodes.bios.one, since=40),
    Route("GET",    "/v1/nodes/{node}/firmware",              nodes.firmware.page, since=86),
    Route("GET",    "/v1/nodes/{node}/history",               nodes.history.page, since=78),
    Route("GET",    "/v1/nodes/{node}/history/{entry}",       nodes.history.one, since=78),
    Route("GET",    "/v1/nodes/{node}/inventory",             nodes.inventory.show, since=81),
    Route("GET",    "/v1/nodes/{node}/vendor_passthru/methods", nodes.vendor.methods),
    *_any("/v1/nodes/{node}/vendor_passthru",                 nodes.vendor.run),
    *_any("/v1/nodes/{node}/vendor_passthru/{method}",        nodes.vendor.run),
    Route("GET",    "/v1/nodes/{node}/vifs",                  nodes.vifs.show, since=28),
    Route("POST",   "/v1/nodes/{node}/vifs",                  nodes.vifs.attach, since=28),
    Route("DELETE", "/v1/nodes/{node}/vifs/{vif}",            nodes.vifs.detach, since=28),
    Route("GET",    "/v1/nodes/{node}/vmedia",                nodes.vmedia.show, since=93, early="absent"),
    Route("POST",   "/v1/nodes/{node}/vmedia",                nodes.vmedia.attach, since=89),
    Route("DELETE", "/v1/nodes/{node}/vmedia",                nodes.vmedia.detach, since=89),
    Route("GET",    "/v1/nodes/{node}/ports",                 ports.lists.of_node),
    Route("GET",    "/v1/nodes/{node}/ports/detail",          ports.lists.of_node_detailed),
    Route("GET",    "/v1/nodes/{node}/allocation",            allocations.lists.of_node, since=52),
    Route("DELETE", "/v1/nodes/{node}/allocation",            allocations.write.remove_of_node, since=52),
    Route("GET",    "/v1/nodes/{node}/children",              nodes.children.show, since=83),
    Route("GET",    "/v1/nodes/{node}/portgroups",            portgroups.lists.of_node, since=24),
    Route("GET",    "/v1/nodes/{node}/portgroups/detail",     portgroups.lists.of_node_detailed, since=24),
    Route("GET",    "/v1/nodes/{node}/volume",                volumes.lists.root_of_node, since=32),
    Route("GET",    "/v1/nodes/{node}/volume/connectors",     volumes.lists.connectors_of_node, since=32),
    Route("GET",    "/v1/nodes/{node}/volume/targets",        volumes.lists.targets_of_node, since=32),
    Route("GET",    "/v1/portgroups",                         portgroups.lists.page, since=23),
    Route("POST",   "/v1/portgroups",                         portgroups.write.create, since=23),
    Route("GET",    "/v1/portgroups/detail",                  portgroups.lists.detailed_page, since=23),
    Route("GET",    "/v1/portgroups/{portgroup}",             portgroups.lists.one, since=23),
    Route("PATCH",  "/v1/portgroups/{portgroup}",             portgroups.write.change, since=23),
    Route("DELETE", "/v1/portgroups/{portgroup}",             portgroups.write.remove, since=23),
    Route("GET",    "/v1/portgroups/{portgroup}/ports",       portgroups.lists.ports_of, since=24),
    Route("GET",    "/v1/portgroups/{portgroup}/ports/detail", portgroups.lists.ports_of_detailed, since=24),
    Route("GET",    "/v1/ports",                              ports.lists.page),
    Route("POST",   "/v1/ports",                              ports.write.create),
    Route("GET",    "/v1/ports/detail",                       ports.lists.detailed_page),
    Route("GET",    "/v1/ports/{port}",                       ports.lists.one),
    Route("PATCH",  "/v1/ports/{port}",                       ports.change.change),
    Route("DELETE", "/v1/ports/{port}",                       ports.write.remove),
    Route("GET",    "/v1/runbooks",                           runbooks.lists.page, since=92),
    Route("POST",   "/v1/runbooks",                           runbooks.write.create, since=92, early="method"),
    Route("GET",    "/v1/runbooks/{runbook}",                 runbooks.lists.one, since=92),
    Route("PATCH",  "/v1/runbooks/{runbook}",                 runbooks.write.change, since=92, early="method"),
    Route("DELETE", "/v1/runbooks/{runbook}",                 runbooks.write.remove, since=92, early="method"),
    Route("GET",    "/v1/runbooks/{runbook}/traits",          runbooks.traits.show, since=112),
    Route("PUT",    "/v1/runbooks/{runbook}/traits",          runbooks.traits.replace, since=112),
    Route("DELETE", "/v1/runbooks/{runbook}/traits",          runbooks.traits.clear, since=112),
    Route("PUT",    "/v1/runbooks/{runbook}/traits/{trait}",  runbooks.traits.add, since=112),
    Route("DELETE", "/v1/runbooks/{runbook}/traits/{trait}",  runbooks.traits.remove, since=112),
    Route("GET",    "/v1/shards",                             shards.page, since=82),
    Route("GET",    "/v1/shards/{shard}",                     shards.one, since=82),
    Route("GET",    "/v1/volume",                             volumes.lists.root, since=32),
    Route("GET",    "/v1/volume/connectors",                  volumes.lists.connectors, since=32),
    Route("POST",   "/v1/volume/connectors",                  volumes.write.create_connector, since=32),
    Route("GET",    "/v1/volume/connectors/{connector}",      volumes.lists.connector, since=32),
    Route("PATCH",  "/v1/volume/connectors/{connector}",      volumes.write.change_connector, since=32),
    Route("DELETE", "/v1/volume/connectors/{connector}",      volumes.write.remove_connector, since=32),
    Route("GET",    "/v1/volume/targets",                     volumes.lists.targets, since=32),
    Route("POST",   "/v1/volume/targets",                     volumes.write.create_target, since=32),
    Route("GET",    "/v1/volume/targets/{target}",            volumes.lists.target, since=32),
    Route("PATCH",  "/v1/volume/targets/{target}",            volumes.write.change_target, since=32),
    Route("DELETE", "/v1/volume/targets/{target}",            volumes.write.remove_target, since=32),
    Route("POST",   "/v1/events",                             neighbours.take, since=54),
    Route("GET",    "/v1/lookup",                             ramdisk.lookup.show, since=22, early="absent"),
    Route("POST",   "/v1/heartbeat/{node}",                   ramdisk.heartbeat.take, since=22, early="absent"),
    Route("POST",   "/v1/continue_inspection",                ramdisk.inspection.take),
)
# fmt: on

#: what the agents' listener has, on the network of the servers: only what agents ask
AGENTS: tuple[Route, ...] = tuple(
    route for route in TABLE
    if route.path in ("/", "/v1", "/v1/lookup", "/v1/heartbeat/{node}", "/v1/continue_inspection"))

#: paths under a parent whose objects are only listed there: anything else at or below them is a malformed request
PARENTED = ("/v1/nodes/{node}/ports", "/v1/nodes/{node}/portgroups", "/v1/nodes/{node}/volume/connectors",
            "/v1/nodes/{node}/volume/targets", "/v1/portgroups/{portgroup}/ports", "/v1/chassis/{chassis}/nodes")
#: parts of objects that the convention has and this service does not have (yet): clients shall see just that, not a
#: malformed request
LATER = ("detail",)


@dataclasses.dataclass
class Place:
    """What one path has: routes by method, places below."""

    routes: dict[str, list[Route]] = dataclasses.field(default_factory=dict)
    below: dict[str, "Place"] = dataclasses.field(default_factory=dict)
    #: its objects stand under a parent, and can only be listed
    parented: bool = False

    @property
    def item(self) -> "Place | None":
        """The place of one object of a collection."""
        return self.below.get("{}")


@dataclasses.dataclass(frozen=True)
class Found:
    """How far the table knows a path, and the identifiers read from it."""

    path: str
    #: the places walked through from the root
    way: tuple[Place, ...]
    idents: tuple[str, ...]
    #: segments that the table does not know
    beyond: tuple[str, ...]
    versioned: bool

    @property
    def place(self) -> Place:
        """Where the path ends."""
        return self.way[-1]

    @property
    def open(self) -> bool:
        """Whether anybody may come here without credentials."""
        return not self.beyond and any(expose.declared(route.handler).open
                                       for routes in self.place.routes.values() for route in routes)


@functools.cache
def tree(table: tuple[Route, ...] = TABLE) -> Place:
    """Return a table as a tree of path segments; ``{…}`` matches any one segment."""
    root = Place()
    for route in table:
        _grow(root, route.path).routes.setdefault(route.method, []).append(route)
    if table is TABLE:
        for path in PARENTED:
            _grow(root, path).parented = True
    return root


def _grow(root: Place, path: str) -> Place:
    """Return the place of a path, made where it was not there."""
    place = root
    for segment in filter(None, path.split("/")):
        place = place.below.setdefault("{}" if segment.startswith("{") else segment, Place())
    return place


def find(path: str, root: Place) -> Found:
    """Return how far the table of ``root`` knows ``path``. One trailing slash is ignored; ``/v1`` may be left out."""
    segments = path.split("/")[1:]
    if segments and segments[-1] == "":
        segments.pop()
    if segments and segments[0] not in ("v1", "ops", "healthcheck"):
        segments.insert(0, "v1")
    versioned = not segments or segments[0] == "v1"
    way, idents = [root], []
    for number, segment in enumerate(segments):
        below = way[-1].below.get(segment)
        if below is None and segment:
            below = way[-1].item
            idents.append(segment)
        if below is None:
            return Found(path, tuple(way), (), tuple(segments[number:]), versioned)
        way.append(below)
    return Found(path, tuple(way), tuple(idents), (), versioned)


def methods(found: Found, version: int) -> list[str]:
    """Return the methods of a path at this version, in order."""
    return sorted(name for name, routes in found.place.routes.items()
                  if any(route.since <= version for route in routes))


def choose(found: Found, method: str, version: int) -> Route:
    """Return the route for ``method`` at this version; raises the fault that says why there is none."""
    if found.beyond:
        raise _nowhere(found)
    for route in found.place.routes.get(method, ()):
        if route.since <= version:
            return route
        if route.early == "method":
            raise errors.MethodNotAllowed(method=method, path=found.path,
                                          allowed=f"nothing before API version {versions.text(route.since)}")
        if route.early == "version":
            raise versions.too_new(f"{method} {found.path}", route.since, version)
        if route.early == "absent":
            raise errors.NotFound(what=found.path, ident=f"(before API version {versions.text(route.since)})")
    alive = methods(found, version)
    if not alive:
        later = min((route.since for routes in found.place.routes.values() for route in routes), default=None)
        hint = f" before API version {versions.text(later)}." if later else "."
        raise errors.NoSuchPath(path=found.path, hint=hint)
    if method in _misplaced(found):
        raise errors.Invalid(text=f"Malformed request URI: {method} cannot be sent to {found.path}. Send it to the "
                                  f"collection to make an object, or to the object itself.")
    raise errors.MethodNotAllowed(method=method, path=found.path, allowed=", ".join(alive))


def _misplaced(found: Found) -> set[str]:
    """Return the methods that belong to a neighbour: an object of this collection, or this object's collection."""
    if any(place.parented for place in found.way):
        return {"POST", "PATCH", "DELETE"}
    place, above = found.place, found.way[-2] if len(found.way) > 1 else None
    wanted = set(place.item.routes) if place.item else set()
    if above is not None and above.item is not None and "GET" in place.routes:
        # an object, or a word such as ``detail`` that stands where objects do
        wanted |= {*above.routes, *above.item.routes}
    return wanted - {"HEAD", "GET"}


def _nowhere(found: Found) -> errors.Fault:
    """Return the fault for a path that the table does not know."""
    malformed = errors.Invalid(text=f"Malformed request URI {found.path}: there is nothing called "
                                    f"{found.beyond[0]!r} there.")
    if any(place.parented for place in found.way) or {".", ".."} & set(found.path.split("/")):
        return malformed
    is_object = len(found.way) > 1 and found.way[-2].item is found.place and "GET" in found.place.routes
    if is_object and len(found.beyond) == 1 and found.beyond[0] and found.beyond[0] not in LATER:
        return malformed
    return errors.NoSuchPath(path=found.path, hint=".")
