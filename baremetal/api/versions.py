"""The microversions: one line and one sentence each. A version is the minor number of 1.x.

Source: the bare-metal API v1 convention (reference, section 3).
"""

import re

from baremetal import errors

#: minor: what it brought
# fmt: off
HISTORY = {
    1: "First numbered version: node maintenance_reason, /nodes/<id>/maintenance, sync+async vendor "
        "methods with any HTTP method, vendor method discovery, config drive passed at deploy.",
    2: "An unprovisioned node reads available instead of null (older versions still get null).",
    3: "Node driver_internal_info.",
    4: "State manageable; verbs manage, provide.",
    5: "Node name, usable as ident.",
    6: "States inspecting and inspect failed, verb inspect, inspection_started_at/_finished_at.",
    7: "Node clean_step.",
    8: "List parameter fields= selects what is shown.",
    9: "Filter nodes by provision_state.",
    10: "Names may use all RFC 3986 unreserved characters.",
    11: "New nodes start in enroll (older versions: available).",
    12: "Node raid_config, target_raid_config, PUT states/raid, driver raid/logical_disk_properties.",
    13: "Verb abort (from clean wait).",
    14: "Links to node states and driver properties in bodies.",
    15: "Manual cleaning: verb clean with clean_steps.",
    16: "Filter nodes by driver.",
    17: "Verb adopt.",
    18: "Port internal_info.",
    19: "Port local_link_connection, pxe_enabled.",
    20: "Node network_interface.",
    21: "Node resource_class (+ filter).",
    22: "/lookup, /heartbeat.",
    23: "/portgroups.",
    24: "/nodes/<id>/portgroups, /portgroups/<id>/ports, port portgroup_uuid.",
    25: "chassis_uuid can be unset.",
    26: "Portgroup mode, properties.",
    27: "Targets soft rebooting, soft power off; power timeout.",
    28: "/nodes/<id>/vifs.",
    29: "Management/inject_nmi.",
    30: "Driver type, default/enabled interface fields, detail, type filter.",
    31: "Node boot_ console_ deploy_ inspect_ management_ power_ raid_ vendor_ interface.",
    32: "/volume, connectors, targets (+ under node).",
    33: "storage_interface on node and driver.",
    34: "Port physical_network.",
    35: "Configdrive on rebuild.",
    36: "Heartbeat agent_version.",
    37: "/nodes/<id>/traits, node traits.",
    38: "Verbs rescue, unrescue and their six states, rescue_interface.",
    39: "Inspect wait shown (older versions see inspecting); patching is refused in inspecting.",
    40: "/nodes/<id>/bios, bios_interface.",
    41: "Abort from inspect wait.",
    42: "Node fault (+ filter).",
    43: "Detail= on collections.",
    44: "Node deploy_step.",
    45: "reset_interfaces on node PATCH.",
    46: "Node conductor_group (+ filter).",
    47: "Node automated_clean.",
    48: "Node protected, protected_reason.",
    49: "/conductors, node conductor (+ filter).",
    50: "Node owner (+ filter).",
    51: "Node description (+ description_contains).",
    52: "/allocations, /nodes/<id>/allocation, node allocation_uuid.",
    53: "Port is_smartnic.",
    54: "POST /events.",
    55: "/deploy_templates.",
    56: "Configdrive as an object (meta_data, network_data, user_data).",
    57: "PATCH allocations (name, extra).",
    58: "Allocation back-fill: node on create.",
    59: "Configdrive vendor_data.",
    60: "Allocation owner.",
    61: "Node retired, retired_reason.",
    62: "Marker: agent tokens (lookup hands one out).",
    63: "Management/indicators.",
    64: "local_link_connection.network_type.",
    65: "Node lessee (+ filter).",
    66: "Node network_data.",
    67: "VIF attach port_uuid / portgroup_uuid.",
    68: "Heartbeat agent_verify_ca.",
    69: "deploy_steps on active/rebuild.",
    70: "disable_ramdisk on clean.",
    71: "Marker: system-scope RBAC.",
    72: "Heartbeat agent_status, agent_status_message.",
    73: "Targets deploy (= active) and undeploy (= deleted).",
    74: "BIOS registry fields, detail/fields on BIOS list.",
    75: "Node boot_mode, secure_boot (also in states).",
    76: "PUT states/boot_mode, states/secure_boot.",
    77: "Fields= on drivers.",
    78: "/nodes/<id>/history.",
    79: "Marker: an allocation prefers a candidate node named like the allocation.",
    80: "Marker: project admins may create/delete their own nodes.",
    81: "/nodes/<id>/inventory.",
    82: "Node shard, shard/sharded filters, /shards, shard filter on ports.",
    83: "Node parent_node, /nodes/<id>/children, include_children, parent_node filter.",
    84: "/continue_inspection with token/lookup answer.",
    85: "States clean hold, deploy hold; verb unhold.",
    86: "firmware_interface, /nodes/<id>/firmware.",
    87: "Verb service, service_step, service states.",
    88: "Port name.",
    89: "POST/DELETE /nodes/<id>/vmedia.",
    90: "OVN VTEP keys in local_link_connection (withdrawn in 1.105).",
    91: "No .json stripping.",
    92: "/runbooks; runbook on clean/service.",
    93: "GET /nodes/<id>/vmedia.",
    94: "node_ident (name or UUID) when creating a port.",
    95: "Node disable_power_off.",
    96: "/inspection_rules.",
    97: "Port description (+ description_contains).",
    98: "Patch keys containing ~ or /.",
    99: "conductor_groups filter on ports and portgroups.",
    100: "Port vendor.",
    101: "Port category.",
    102: "Portgroup physical_network.",
    103: "Portgroup category.",
    104: "Node instance_name (+ filter).",
    105: "VTEP keys no longer acted on.",
    106: "Shard filter on portgroups.",
    107: "X-OpenStack-Request-Id response header.",
    108: "disable_ramdisk on service.",
    109: "Node health.",
    110: "Abort from wait call-back (→ deploy failed, no cleaning).",
    111: "Port available_for_dynamic_portgroup, portgroup dynamic_portgroup.",
    112: "Runbook traits + sub-resource, free runbook names, runbook description.",
    113: "History project (detail).",
    114: "Firmware vendor, model, serial_number.",
    115: "History state, target_provision_state, duration_seconds (detail).",
}
# fmt: on

LOWEST, HIGHEST = min(HISTORY), max(HISTORY)
#: from here on a path that ends with .json names just that
NO_SUFFIX = 91

#: the request headers that name a version, the preferred one first
STANDARD, OLDER = "OpenStack-API-Version", "X-OpenStack-Ironic-API-Version"
MINIMUM, MAXIMUM = "X-OpenStack-Ironic-API-Minimum-Version", "X-OpenStack-Ironic-API-Maximum-Version"
_ASKED = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})\Z")


def text(minor: int) -> str:
    """Return a minor number as it is written: 115 is '1.115'."""
    return f"1.{minor}"


def negotiate(standard: str | None, older: str | None) -> int:
    """Return the minor number that the request's headers ask for; raises ``BadVersion``.

    ``standard`` reads 'baremetal 1.99' (several services may be named, with commas), ``older`` '1.99'.
    No header at all is 1.1.
    """
    asked = _of_this_service(standard) or (older or "").strip()
    if not asked:
        return LOWEST
    if asked.lower() == "latest":
        return HIGHEST
    found = _ASKED.match(asked)
    if found and int(found[1]) == 1 and LOWEST <= int(found[2]) <= HIGHEST:
        return int(found[2])
    raise errors.BadVersion(asked=asked[:100], lowest=text(LOWEST), highest=text(HIGHEST))


def too_new(what: str, since: int, version: int, hint: str = "") -> errors.NotAcceptable:
    """Return the fault for something that came with a later version than the request's."""
    return errors.NotAcceptable(what=what, needs=text(since), has=text(version), hint=hint)


def _of_this_service(header: str | None) -> str | None:
    """Return the version that the standard header names for this service."""
    for part in (header or "").split(","):
        words = part.split()
        if len(words) == 2 and words[0].lower() == "baremetal":
            return words[1]
    return None


def headers(used: int | None) -> list[tuple[str, str]]:
    """Return the headers that every answer of v1 carries; ``used`` is None where no version was accepted."""
    known = [(MINIMUM, text(LOWEST)), (MAXIMUM, text(HIGHEST))]
    return known if used is None else [*known, (OLDER, text(used))]
