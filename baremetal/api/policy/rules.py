"""The table of who may do what: every rule by name, its default, what it looks at, and the scopes it is asked with.

Names, defaults and scopes are the convention's, so that an operator's policy file means the same here. It asks nobody:
``enforcer.py`` does. Nothing else may name a rule that does not stand here.
"""

import typing

from oslo_policy import policy


class Rule(typing.NamedTuple):
    """One row: who may by default, what the rule looks at, and what it allows."""

    default: str
    #: "": the caller only; "list": the caller, whose list is limited to what is its own; else the noun whose owner
    #: (and lessee) decides, which the handler finds and judges
    of: str
    says: str
    #: kinds of token that are listened to at all
    scopes: tuple[str, ...] = ("system", "project")


# fmt: off
#: parts that defaults are made of; an operator may change each of them
ROLES: dict[str, tuple[str, str]] = {
    "service_role":         ("role:service and project_name:%(config.service_project_name)s",
                             "A service that [DEFAULT]rbac_service_role_elevated_access puts among system members."),
    "system_service":       ("role:service and system_scope:all",          "A service with system scope."),
    "system_admin":         ("role:admin and system_scope:all",            "An operator who may do everything."),
    "system_member":        ("role:member and system_scope:all or rule:service_role", "An operator."),
    "system_reader":        ("role:reader and system_scope:all or rule:system_service or rule:service_role",
                             "An operator who looks only."),
    "is_node_owner":        ("project_id:%(node.owner)s",                  "The project that owns the node."),
    "is_node_lessee":       ("project_id:%(node.lessee)s",                 "The project that the node is lent to."),
    "is_allocation_owner":  ("project_id:%(allocation.owner)s",            "The project that owns the allocation."),
    "is_runbook_owner":     ("project_id:%(runbook.owner)s",               "The project that owns the runbook."),
    "owner_admin":          ("role:admin and rule:is_node_owner",          "An admin of the node's owner."),
    "owner_manager":        ("(role:admin or role:manager) and rule:is_node_owner", "A manager of the node's owner."),
    "owner_member":         ("role:member and rule:is_node_owner",         "A member of the node's owner."),
    "owner_reader":         ("role:reader and rule:is_node_owner",         "A reader of the node's owner."),
    "owner_service":        ("role:service and rule:is_node_owner",        "A service of the node's owner."),
    "lessee_manager":       ("(role:admin or role:manager) and rule:is_node_lessee", "A manager of the node's lessee."),
    "lessee_member":        ("role:member and rule:is_node_lessee",        "A member of the node's lessee."),
    "lessee_reader":        ("role:reader and rule:is_node_lessee",        "A reader of the node's lessee."),
}
# fmt: on


def _any(*roles: str) -> str:
    """Return the default that is met by any of these parts."""
    return " or ".join(f"rule:{role}" for role in roles)


ANYBODY, NOBODY = "@", "!"
#: system only
SYSTEM_ADMIN, SYSTEM_MEMBER, SYSTEM_READER = _any("system_admin"), _any("system_member"), _any("system_reader")
ENROLLER = _any("system_admin", "system_service")
#: anybody with a role; what is seen is limited to what the project has
LISTER = "role:reader or role:service"
#: who reads what stands on a node, and what is its owner's business
READER = _any("system_reader", "owner_reader", "lessee_reader", "owner_service")
OWNER_READER = _any("system_reader", "owner_reader", "owner_service")
#: who works with a node, from all its tenants to its owner's managers
MEMBER = _any("system_member", "system_service", "owner_member", "lessee_member")
MEMBER_OR_LEASE = _any("system_member", "system_service", "owner_member", "owner_service", "lessee_manager")
OWNER_MEMBER = _any("system_member", "system_service", "owner_member", "owner_service")
OWNER_MANAGER = _any("system_member", "system_service", "owner_manager", "owner_service")
MANAGER = _any("system_member", "system_service", "owner_manager", "owner_service", "lessee_manager")
#: who plugs and pulls ports
CABLER = _any("system_admin", "system_service", "owner_manager", "owner_service")
#: who has to do with runbooks and allocations
RUNBOOK_READER = _any("system_reader") + " or role:reader and rule:is_runbook_owner or role:service"
RUNBOOK_MANAGER = _any("system_member") + " or role:manager and rule:is_runbook_owner or role:service"
ALLOCATION_READER = _any("system_reader") + " or role:reader and rule:is_allocation_owner"
ALLOCATION_MEMBER = _any("system_member") + " or role:member and rule:is_allocation_owner"

SYSTEM = ("system",)
#: whoever asks with whatever
ANY: tuple[str, ...] = ()

#: names that bear no prefix
BARE: dict[str, Rule] = {
    "show_password": Rule(NOBODY, "", "See passwords in driver_info and driver_internal_info as they are.", ANY),
    "show_instance_secrets": Rule(NOBODY, "", "See passwords, config drives and image addresses in instance_info.",
                                  ANY),
}

#: rule below "baremetal:"
# fmt: off
RULES: dict[str, Rule] = {
    "node:create":                            Rule(ENROLLER,        "node", "Enrol nodes."),
    "node:create:self_owned_node":            Rule("role:admin or role:service", "node", "Enrol nodes of one's own "
                                                   "project, where [api]project_admin_can_manage_own_nodes."),
    "node:list":                              Rule(LISTER,          "list", "List the nodes of one's project."),
    "node:list_all":                          Rule(SYSTEM_READER,   "",     "List all nodes."),
    "node:get":                               Rule(READER,          "node", "Show a node, and know that it is there."),
    "node:get:filter_threshold":              Rule(SYSTEM_READER,   "",     "See every field of every node, without "
                                                   "being asked for each."),
    "node:get:last_error":                    Rule(OWNER_READER,    "node", "See last_error."),
    "node:get:reservation":                   Rule(OWNER_READER,    "node", "See reservation."),
    "node:get:driver_internal_info":          Rule(OWNER_READER,    "node", "See driver_internal_info."),
    "node:get:driver_info":                   Rule(OWNER_READER,    "node", "See driver_info."),
    "node:update":                            Rule(MEMBER,          "node", "Change the fields of a node that have no "
                                                   "rule of their own."),
    "node:update_extra":                      Rule(MEMBER,          "node", "Change extra."),
    "node:update_instance_info":              Rule(MEMBER_OR_LEASE, "node", "Change instance_info and instance_name."),
    "node:update_owner_provisioned":          Rule(SYSTEM_ADMIN,    "node", "Change the owner of a used node.",
                                                   SYSTEM),
    "node:update:driver_info":                Rule(OWNER_MEMBER,    "node", "Change driver_info."),
    "node:update:properties":                 Rule(OWNER_MEMBER,    "node", "Change properties."),
    "node:update:chassis_uuid":               Rule(SYSTEM_ADMIN,    "node", "Change chassis_uuid."),
    "node:update:instance_uuid":              Rule(OWNER_MEMBER,    "node", "Change instance_uuid."),
    "node:update:lessee":                     Rule(OWNER_MEMBER,    "node", "Change lessee."),
    "node:update:owner":                      Rule(SYSTEM_MEMBER,   "node", "Change owner."),
    "node:update:driver_interfaces":          Rule(OWNER_MANAGER,   "node", "Change driver and the interfaces."),
    "node:update:network_data":               Rule(OWNER_MEMBER,    "node", "Change network_data."),
    "node:update:conductor_group":            Rule(SYSTEM_MEMBER,   "node", "Change conductor_group."),
    "node:update:name":                       Rule(OWNER_MEMBER,    "node", "Change name."),
    "node:update:retired":                    Rule(OWNER_MEMBER,    "node", "Change retired and retired_reason."),
    "node:update:shard":                      Rule(SYSTEM_ADMIN,    "node", "Change shard."),
    "node:update:parent_node":                Rule(SYSTEM_MEMBER,   "node", "Change parent_node."),
    "node:update:disable_power_off":          Rule(SYSTEM_ADMIN,    "node", "Change disable_power_off."),
    "node:disable_cleaning":                  Rule(SYSTEM_ADMIN,    "node", "Set automated_clean to false."),
    "node:delete":                            Rule(SYSTEM_ADMIN,    "node", "Delete a node."),
    "node:delete:self_owned_node":            Rule(_any("owner_admin"), "node", "Delete a node of one's own project, "
                                                   "where [api]project_admin_can_manage_own_nodes."),
    "node:validate":                          Rule(MEMBER_OR_LEASE, "node", "Ask whether a node's interfaces have what "
                                                   "they need."),
    "node:set_maintenance":                   Rule(MEMBER_OR_LEASE, "node", "Put a node into maintenance."),
    "node:clear_maintenance":                 Rule(MEMBER_OR_LEASE, "node", "End a node's maintenance."),
    "node:get_boot_device":                   Rule(OWNER_MANAGER,   "node", "Show the boot device and the supported "
                                                   "ones."),
    "node:set_boot_device":                   Rule(OWNER_MANAGER,   "node", "Set the boot device."),
    "node:get_indicator_state":               Rule(READER,          "node", "Show indicators."),
    "node:set_indicator_state":               Rule(OWNER_MEMBER,    "node", "Set an indicator."),
    "node:inject_nmi":                        Rule(OWNER_MANAGER,   "node", "Send a non-maskable interrupt."),
    "node:get_states":                        Rule(READER,          "node", "Show a node's states."),
    "node:set_power_state":                   Rule(MEMBER,          "node", "Switch a node on and off."),
    "node:set_boot_mode":                     Rule(MEMBER,          "node", "Set the boot mode."),
    "node:set_secure_boot":                   Rule(MEMBER,          "node", "Switch secure boot."),
    "node:set_provision_state":               Rule(MEMBER_OR_LEASE, "node", "Move a node through its life."),
    "node:set_provision_state:clean_steps":   Rule(MEMBER_OR_LEASE, "node", "Give clean steps of one's own."),
    "node:set_provision_state:service_steps": Rule(MEMBER_OR_LEASE, "node", "Give service steps of one's own."),
    "node:set_raid_state":                    Rule(OWNER_MEMBER,    "node", "Set the wanted RAID configuration."),
    "node:get_console":                       Rule(OWNER_MEMBER,    "node", "Get a node's console."),
    "node:set_console_state":                 Rule(OWNER_MEMBER,    "node", "Switch a node's console on and off."),
    "node:vif:list":                          Rule(READER,          "node", "List the VIFs of a node."),
    "node:vif:attach":                        Rule(MEMBER_OR_LEASE, "node", "Attach a VIF."),
    "node:vif:detach":                        Rule(MEMBER_OR_LEASE, "node", "Detach a VIF."),
    "node:traits:list":                       Rule(READER,          "node", "List a node's traits."),
    "node:traits:set":                        Rule(OWNER_MANAGER,   "node", "Set a node's traits."),
    "node:traits:delete":                     Rule(OWNER_MANAGER,   "node", "Remove a node's traits."),
    "node:bios:get":                          Rule(READER,          "node", "Show a node's BIOS settings."),
    "node:firmware:get":                      Rule(READER,          "node", "Show a node's firmware."),
    "node:history:get":                       Rule(OWNER_READER,    "node", "Read a node's history."),
    "node:inventory:get":                     Rule(OWNER_READER,    "node", "Read what an inspection found out."),
    "node:vmedia:attach":                     Rule(MEMBER,          "node", "Attach virtual media."),
    "node:vmedia:detach":                     Rule(MEMBER,          "node", "Detach virtual media."),
    "node:vmedia:get":                        Rule(READER,          "node", "Show virtual media."),
    "node:vendor_passthru":                   Rule(SYSTEM_ADMIN,    "node", "Call vendor methods of a node."),
    "node:ipa_heartbeat":                     Rule(ANYBODY,         "",     "Call back, as agents in ramdisks do; "
                                                   "their token is their proof.", ANY),
    "driver:ipa_lookup":                      Rule(ANYBODY,         "",     "Ask which node an agent is on.", ANY),
    "driver:ipa_continue_inspection":         Rule(ANYBODY,         "",     "Report what a server is made of.", ANY),
    "port:get":                               Rule(READER,          "node", "Show a port."),
    "port:list":                              Rule(LISTER,          "list", "List the ports of one's project's nodes."),
    "port:list_all":                          Rule(SYSTEM_READER,   "",     "List all ports."),
    "port:create":                            Rule(CABLER,          "node", "Create ports."),
    "port:update":                            Rule(OWNER_MANAGER,   "node", "Change ports."),
    "port:delete":                            Rule(CABLER,          "node", "Delete ports."),
    "portgroup:get":                          Rule(READER,          "node", "Show a port group."),
    "portgroup:list":                         Rule(LISTER,          "list", "List the port groups of one's project's "
                                                   "nodes."),
    "portgroup:list_all":                     Rule(SYSTEM_READER,   "",     "List all port groups."),
    "portgroup:create":                       Rule(CABLER,          "node", "Create port groups."),
    "portgroup:update":                       Rule(OWNER_MANAGER,   "node", "Change port groups."),
    "portgroup:delete":                       Rule(CABLER,          "node", "Delete port groups."),
    "volume:get":                             Rule(READER,          "node", "Show volume connectors and targets."),
    "volume:list":                            Rule(LISTER,          "list", "List volumes of one's project's nodes."),
    "volume:list_all":                        Rule(SYSTEM_READER,   "",     "List all volumes."),
    "volume:create":                          Rule(MANAGER,         "node", "Create volume connectors and targets."),
    "volume:update":                          Rule(MEMBER_OR_LEASE, "node", "Change volume connectors and targets."),
    "volume:delete":                          Rule(MANAGER,         "node", "Delete volume connectors and targets."),
    "volume:view_target_properties":          Rule(_any("system_reader") + " or role:admin", "",
                                                   "See the properties of volume targets."),
    "chassis:get":                            Rule(SYSTEM_READER,   "",     "Show and list chassis.", SYSTEM),
    "chassis:create":                         Rule(SYSTEM_ADMIN,    "",     "Create chassis.", SYSTEM),
    "chassis:update":                         Rule(SYSTEM_MEMBER,   "",     "Change chassis.", SYSTEM),
    "chassis:delete":                         Rule(SYSTEM_ADMIN,    "",     "Delete chassis.", SYSTEM),
    "driver:get":                             Rule(SYSTEM_READER,   "",     "Show and list drivers.", SYSTEM),
    "driver:get_properties":                  Rule(SYSTEM_READER,   "",     "Show the driver_info keys of a driver.",
                                                   SYSTEM),
    "driver:get_raid_logical_disk_properties": Rule(SYSTEM_READER,  "",     "Show what a driver lets one say of a RAID "
                                                    "disk.", SYSTEM),
    "driver:vendor_passthru":                 Rule(SYSTEM_ADMIN,    "",     "Call vendor methods of a driver.", SYSTEM),
    "conductor:get":                          Rule(SYSTEM_READER,   "",     "Show and list conductors."),
    "shards:get":                             Rule(SYSTEM_READER,   "",     "List shards."),
    "allocation:get":                         Rule(ALLOCATION_READER, "allocation", "Show an allocation."),
    "allocation:list":                        Rule(LISTER,          "list", "List the allocations of one's project."),
    "allocation:list_all":                    Rule(SYSTEM_READER,   "",     "List all allocations."),
    "allocation:create":                      Rule(_any("system_member") + " or role:member", "",
                                                   "Create allocations of one's own project."),
    "allocation:create_restricted":           Rule(SYSTEM_MEMBER,   "", "Create allocations of any owner."),
    "allocation:update":                      Rule(ALLOCATION_MEMBER, "allocation", "Change an allocation."),
    "allocation:delete":                      Rule(ALLOCATION_MEMBER, "allocation", "Delete an allocation."),
    "deploy_template:get":                    Rule(SYSTEM_READER,   "",     "Show and list deploy templates."),
    "deploy_template:create":                 Rule(SYSTEM_ADMIN,    "",     "Create deploy templates."),
    "deploy_template:update":                 Rule(SYSTEM_ADMIN,    "",     "Change deploy templates."),
    "deploy_template:delete":                 Rule(SYSTEM_ADMIN,    "",     "Delete deploy templates."),
    "runbook:get":                            Rule(RUNBOOK_READER,  "runbook", "Show a runbook; anybody may who lists "
                                                   "runbooks when it is public."),
    "runbook:list":                           Rule(LISTER,          "list", "List public runbooks and those of one's "
                                                   "project."),
    "runbook:list_all":                       Rule(SYSTEM_READER,   "",     "List all runbooks."),
    "runbook:create":                         Rule(_any("system_member") + " or role:manager or role:service", "",
                                                   "Create runbooks."),
    "runbook:update":                         Rule(RUNBOOK_MANAGER, "runbook", "Change a runbook."),
    "runbook:update:public":                  Rule(SYSTEM_MEMBER,   "runbook", "Make a runbook public or private."),
    "runbook:update:owner":                   Rule(SYSTEM_MEMBER,   "runbook", "Change a runbook's owner."),
    "runbook:delete":                         Rule(RUNBOOK_MANAGER, "runbook", "Delete a runbook."),
    "runbook:use":                            Rule(RUNBOOK_MANAGER, "runbook", "Have a runbook run on a node."),
    "inspection_rule:get":                    Rule(SYSTEM_READER,   "",     "Show an inspection rule."),
    "inspection_rule:list_all":               Rule(SYSTEM_READER,   "",     "List inspection rules."),
    "inspection_rule:create":                 Rule(SYSTEM_ADMIN,    "",     "Create inspection rules."),
    "inspection_rule:update":                 Rule(SYSTEM_ADMIN,    "",     "Change inspection rules."),
    "inspection_rule:delete":                 Rule(SYSTEM_ADMIN,    "",     "Delete inspection rules."),
    "events:post":                            Rule(SYSTEM_ADMIN,    "",     "Tell of events elsewhere.", SYSTEM),
    "ops:timeline":                           Rule(OWNER_READER,    "node", "Read and follow a node's timeline."),
    "ops:events":                             Rule(LISTER,          "list", "Follow what happens, each project what is "
                                                   "its own."),
    "ops:events:list_all":                    Rule(SYSTEM_READER,   "",     "Follow what happens to anything."),
    "ops:hardware":                           Rule(OWNER_READER,    "node", "Read sensors and event log of a node."),
    "ops:fleet":                              Rule(SYSTEM_READER,   "",     "Count the fleet."),
}
# fmt: on


def list_rules() -> list[policy.RuleDefault]:
    """Return the rules for the sample generator and the enforcer."""
    return [*[policy.RuleDefault(name, default, description=says) for name, (default, says) in ROLES.items()],
            *[_default(name, rule) for name, rule in BARE.items()],
            *[_default(f"baremetal:{name}", rule) for name, rule in RULES.items()]]


def _default(name: str, rule: Rule) -> policy.RuleDefault:
    return policy.RuleDefault(name, rule.default, description=rule.says, scope_types=list(rule.scopes) or None)
