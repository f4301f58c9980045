"""Who may do what: oslo.policy rules, their defaults, and the one question ``require``.

noauth and http_basic callers are operators with system scope; Keystone's roles come with a later release.
"""

import typing

from oslo_config import cfg
from oslo_policy import opts as policy_options
from oslo_policy import policy

from baremetal import context, errors

ADMIN, READER = "role:admin and system_scope:all", "role:reader and system_scope:all or role:admin and system_scope:all"

#: rule below "baremetal:": (default, sentence)
# fmt: off
RULES: dict[str, tuple[str, str]] = {
    "node:create":                     (ADMIN,  "Enrol nodes."),
    "node:list":                       (READER, "List nodes."),
    "node:get":                        (READER, "Show a node."),
    "node:update":                     (ADMIN,  "Change a node."),
    "node:delete":                     (ADMIN,  "Delete a node."),
    "node:validate":                   (READER, "Ask whether a node's interfaces have what they need."),
    "node:set_maintenance":            (ADMIN,  "Put a node into maintenance."),
    "node:clear_maintenance":          (ADMIN,  "End a node's maintenance."),
    "node:get_states":                 (READER, "Show a node's states."),
    "node:set_power_state":            (ADMIN,  "Switch a node on and off."),
    "node:set_provision_state":        (ADMIN,  "Move a node through its life."),
    "node:set_raid_state":             (ADMIN,  "Set the RAID configuration that is wanted."),
    "node:get_boot_device":            (READER, "Show the boot device and the supported ones."),
    "node:set_boot_device":            (ADMIN,  "Set the boot device."),
    "node:inject_nmi":                 (ADMIN,  "Send a non-maskable interrupt."),
    "node:set_boot_mode":              (ADMIN,  "Set the boot mode."),
    "node:set_secure_boot":            (ADMIN,  "Switch secure boot."),
    "node:traits:list":                (READER, "List a node's traits."),
    "node:traits:set":                 (ADMIN,  "Set a node's traits."),
    "node:traits:delete":              (ADMIN,  "Remove a node's traits."),
    "node:history:get":                (READER, "Read a node's history."),
    "port:get":                        (READER, "Show and list ports."),
    "port:create":                     (ADMIN,  "Create ports."),
    "port:update":                     (ADMIN,  "Change ports."),
    "port:delete":                     (ADMIN,  "Delete ports."),
    "chassis:get":                     (READER, "Show and list chassis."),
    "chassis:create":                  (ADMIN,  "Create chassis."),
    "chassis:update":                  (ADMIN,  "Change chassis."),
    "chassis:delete":                  (ADMIN,  "Delete chassis."),
    "driver:get":                      (READER, "List drivers."),
    "driver:get_properties":           (READER, "Show the driver_info keys of a driver."),
    "conductor:get":                   (READER, "Show and list conductors."),
    "ops:timeline":                    (READER, "Read a node's timeline."),
    "ops:fleet":                       (READER, "Count the fleet."),
}
# fmt: on
#: rule of what needs no permission: discovery documents
PUBLIC = "public"


def list_rules() -> list[policy.RuleDefault]:
    """Return the rules for the sample generator and the enforcer."""
    return [policy.RuleDefault(f"baremetal:{name}", default, description=sentence)
            for name, (default, sentence) in RULES.items()]


def enforcer(conf: cfg.ConfigOpts) -> policy.Enforcer:
    """Return the enforcer of one process."""
    policy_options.set_defaults(conf)
    made = policy.Enforcer(conf)
    made.register_defaults(list_rules())
    return made


def require(made: policy.Enforcer, rule: str, ctx: context.Context, target: dict[str, typing.Any]) -> None:
    """Raise ``Forbidden`` unless ``ctx`` may do ``rule`` to ``target``."""
    if rule == PUBLIC:
        return
    credentials = {"roles": list(ctx.roles), "user_id": ctx.user, "project_id": ctx.project,
                   "system_scope": "all" if ctx.system else None}
    if not made.enforce(f"baremetal:{rule}", target, credentials):
        raise errors.Forbidden(why=f"User {ctx.user or 'anonymous'} may not do baremetal:{rule}; ask an operator for a "
                                   "role that the policy allows.")
