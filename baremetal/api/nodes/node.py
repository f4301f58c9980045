"""The node: every field, since when, who may write it, how it is shown."""

import typing

import orjson

from baremetal import states
from baremetal.api import resource, types
from baremetal.api.resource import Field
from baremetal.db import models

INTERFACE = types.String(255)
OWNER = types.String(255)


def _states(version: int, value: str | None) -> str | None:
    """Return a provision state as this version knows it."""
    if value == states.AVAILABLE and version < 2:
        return None
    if value == states.INSPECTWAIT and version < 39:
        return states.INSPECTING
    return value


def _below(name: str) -> typing.Callable[..., orjson.Fragment]:
    """Return a function that shows the links to a part of a node."""
    return lambda page, uuid: resource.link(page, f"nodes/{uuid}/{name}")


def _traits(page: typing.Any, number: int) -> list[str]:
    return page.traits.get(number, [])


def _conductor(page: typing.Any, uuid: str, driver: str, group: str) -> str | None:
    return page.rings.find(uuid, driver, group)


def _chassis(page: typing.Any, number: int | None) -> str | None:
    return page.chassis.get(number)


def _provision_state(page: typing.Any, state: str) -> str | None:
    return state if page.version >= 39 else _states(page.version, state)


def _reservation(page: typing.Any, holder: str | None, deadline: typing.Any) -> str | None:
    """Show who holds the node; a lease that has run out holds nobody."""
    return holder if holder and deadline and deadline > page.now else None


class Node(resource.Resource):
    """One physical server under management."""

    _about = resource.About("nodes", "node", models.NODES)

    # fmt: off
    uuid                   = Field(types.UUID, "Identity, for ever; generated when not given.", write="create", brief=True)
    name                   = Field(types.String(255), "Logical name, unique, usable wherever the UUID is.", since=5, write="both", brief=True)
    created_at             = Field(types.TIME, "When it was enrolled.")
    updated_at             = Field(types.TIME, "When it was last changed.")
    driver                 = Field(types.String(255), "Hardware type.", write="both", required=True)
    driver_info            = Field(types.JSON, "What the driver needs to reach the machine; secrets are masked.", write="both")
    driver_internal_info   = Field(types.JSON, "What the driver notes for itself; secrets are masked.", since=3)
    properties             = Field(types.JSON, "What the machine is: cpus, memory_mb, local_gb, cpu_arch, capabilities …", write="both")
    instance_info          = Field(types.JSON, "What shall be deployed; wiped when the instance goes.", write="both")
    instance_uuid          = Field(types.UUID, "The instance it carries or is reserved for, unique.", write="both", brief=True)
    instance_name          = Field(types.String(255, 1), "Name of the instance.", since=104, write="both")
    extra                  = Field(types.JSON, "Anything the operator wants to note.", write="both")
    chassis_uuid           = Field(types.UUID, "The chassis it sits in.", write="both", sort=False, show=_chassis, needs=("chassis_id",))
    power_state            = Field(types.TEXT, "Power as last seen.", brief=True)
    target_power_state     = Field(types.TEXT, "Power that is being brought about.")
    provision_state        = Field(types.TEXT, "Where in its life it is.", brief=True, sort=True, show=_provision_state, needs=("provision_state",))
    target_provision_state = Field(types.TEXT, "Stable state that it is on its way to.")
    provision_updated_at   = Field(types.TIME, "When the provision state last changed.")
    last_error             = Field(types.TEXT, "What went wrong last, and what to do.")
    maintenance            = Field(types.FLAG, "Whether an operator or a fault took it out of service.", write="both", brief=True)
    maintenance_reason     = Field(types.TEXT, "Why it is in maintenance.")
    fault                  = Field(types.TEXT, "Fault that put it into maintenance.", since=42)
    reservation            = Field(types.TEXT, "Conductor that holds it now.", sort=True, show=_reservation, needs=("reservation", "lease_deadline"))
    console_enabled        = Field(types.FLAG, "Whether its console is started.", write="create")
    clean_step             = Field(types.JSON, "Clean step that runs now.", since=7)
    deploy_step            = Field(types.JSON, "Deploy step that runs now.", since=44)
    service_step           = Field(types.JSON, "Service step that runs now.", since=87)
    raid_config            = Field(types.JSON, "RAID as last applied.", since=12)
    target_raid_config     = Field(types.JSON, "RAID that is wanted.", since=12)
    inspection_started_at  = Field(types.TIME, "When the last inspection began.", since=6)
    inspection_finished_at = Field(types.TIME, "When the last inspection ended.", since=6)
    resource_class         = Field(types.String(80), "Class that schedulers match.", since=21, write="both")
    bios_interface         = Field(INTERFACE, "Implementation that sets BIOS options.", since=40, write="both")
    boot_interface         = Field(INTERFACE, "Implementation that boots ramdisks and instances.", since=31, write="both")
    console_interface      = Field(INTERFACE, "Implementation that opens consoles.", since=31, write="both")
    deploy_interface       = Field(INTERFACE, "Implementation that deploys.", since=31, write="both")
    firmware_interface     = Field(INTERFACE, "Implementation that updates firmware.", since=86, write="both")
    inspect_interface      = Field(INTERFACE, "Implementation that finds out the hardware.", since=31, write="both")
    management_interface   = Field(INTERFACE, "Implementation that sets boot devices and reads sensors.", since=31, write="both")
    network_interface      = Field(INTERFACE, "Implementation that connects it to networks.", since=20, write="both")
    power_interface        = Field(INTERFACE, "Implementation that switches it.", since=31, write="both")
    raid_interface         = Field(INTERFACE, "Implementation that builds RAID.", since=31, write="both")
    rescue_interface       = Field(INTERFACE, "Implementation that rescues.", since=38, write="both")
    storage_interface      = Field(INTERFACE, "Implementation that attaches volumes.", since=33, write="both")
    vendor_interface       = Field(INTERFACE, "Implementation of what only its vendor has.", since=31, write="both")
    traits                 = Field(types.List(types.TEXT), "What schedulers match beside the class.", since=37, show=_traits, needs=("id",))
    conductor_group        = Field(types.Pattern(r"[a-zA-Z0-9_\-.]{0,255}", "It must be up to 255 of a-z 0-9 _ - .", lower=True),
                                   "Group of conductors that may drive it.", since=46, write="both")
    conductor              = Field(types.TEXT, "Conductor that drives it now.", since=49, show=_conductor, needs=("uuid", "driver", "conductor_group"))
    automated_clean        = Field(types.FLAG, "Whether it is cleaned on its way to available; null is as configured.", since=47, write="both")
    protected              = Field(types.FLAG, "Whether rebuild, undeploy and delete are refused.", since=48, write="patch")
    protected_reason       = Field(types.TEXT, "Why it is protected.", since=48, write="patch")
    owner                  = Field(OWNER, "Project that owns it.", since=50, write="both")
    lessee                 = Field(OWNER, "Project that leases it.", since=65, write="both")
    description            = Field(types.String(4096), "Free text.", since=51, write="both")
    allocation_uuid        = Field(types.TEXT, "Allocation that reserved it.", since=52)
    retired                = Field(types.FLAG, "Whether it shall never become available again.", since=61, write="both")
    retired_reason         = Field(types.TEXT, "Why it is retired.", since=61, write="both")
    network_data           = Field(types.JSON, "Static network configuration for the ramdisk.", since=66, write="both")
    boot_mode              = Field(types.String(16), "Boot mode as last seen: bios or uefi.", since=75, write="create")
    secure_boot            = Field(types.FLAG, "Secure boot as last seen.", since=75, write="create")
    shard                  = Field(types.String(255), "Shard that a consumer watches.", since=82, write="both")
    parent_node            = Field(types.String(255), "Node that this one is a part of.", since=83, write="both")
    disable_power_off      = Field(types.FLAG, "Whether it must never be switched off.", since=95, write="both")
    health                 = Field(types.TEXT, "Health that its controller reports.", since=109)
    links                  = Field(types.ANYTHING, "Links to it.", show=lambda page, uuid: resource.link(page, f"nodes/{uuid}"), needs=("uuid",), brief=True)
    ports                  = Field(types.ANYTHING, "Links to its ports.", show=_below("ports"), needs=("uuid",), full=True)
    states                 = Field(types.ANYTHING, "Links to its states.", since=14, show=_below("states"), needs=("uuid",), full=True)
    portgroups             = Field(types.ANYTHING, "Links to its port groups.", since=24, show=_below("portgroups"), needs=("uuid",), full=True)
    volume                 = Field(types.ANYTHING, "Links to its volumes.", since=32, show=_below("volume"), needs=("uuid",), full=True)
    # fmt: on
