"""Who may do what: oslo.policy rules, their defaults, and the one question ``require``.

noauth and http_basic callers are operators with system scope; Keystone's roles come with a later release.
"""

import typing

from oslo_config import cfg
from oslo_policy import opts as policy_options
from oslo_policy import policy

from baremetal import clock, context, errors

#: agents have no credentials
ANYBODY = "@"
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
    "node:inventory:get":              (READER, "Read what an inspection found out."),
    "node:ipa_heartbeat":              (ANYBODY, "Call back, as agents in ramdisks do; their token is their proof."),
    "driver:ipa_lookup":               (ANYBODY, "Ask which node an agent is on."),
    "driver:ipa_continue_inspection":  (ANYBODY, "Report what a server is made of."),
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
    "ops:events":                      ("role:reader or role:admin",
                                        "Follow what happens, each project what is its own."),
    "ops:events:list_all":             (READER, "Follow what happens to anything."),
    "ops:fleet":                       (READER, "Count the fleet."),
}
# fmt: on
#: rule of what needs no permission: discovery documents
PUBLIC = "public"


def list_rules() -> list[policy.RuleDefault]:
    """Return the rules for the sample generator and the enforcer."""
    return [policy.RuleDefault(f"baremetal:{name}", default, description=sentence)
            for name, (default, sentence) in RULES.items()]


class Enforcer:
    """oslo.policy, asked once per (rule, caller) and few seconds: one question takes a third of a millisecond."""

    #: seconds for which an answer without a target is remembered, so that a changed policy file is soon obeyed
    REMEMBER = 5.0
    #: most answers that are remembered
    MOST = 10_000

    def __init__(self, conf: cfg.ConfigOpts, time: clock.Clock) -> None:
        policy_options.set_defaults(conf)
        self._policy = policy.Enforcer(conf)
        self._policy.register_defaults(list_rules())
        self._time = time
        self._answers: dict[tuple[typing.Any, ...], tuple[float, bool]] = {}

    def allows(self, rule: str, ctx: context.Context, target: dict[str, typing.Any]) -> bool:
        """Return whether ``ctx`` may do ``rule`` to ``target``."""
        if target:
            return self._ask(rule, ctx, target)
        key, now = (rule, ctx.user, ctx.project, ctx.roles, ctx.system), self._time.tick()
        at, known = self._answers.get(key, (float("-inf"), False))
        if now - at > self.REMEMBER:
            known = self._ask(rule, ctx, target)
            if len(self._answers) >= self.MOST:
                self._answers.clear()
            self._answers[key] = (now, known)
        return known

    def _ask(self, rule: str, ctx: context.Context, target: dict[str, typing.Any]) -> bool:
        credentials = {"roles": list(ctx.roles), "user_id": ctx.user, "project_id": ctx.project,
                       "system_scope": "all" if ctx.system else None}
        return bool(self._policy.enforce(f"baremetal:{rule}", target, credentials))


def require(made: Enforcer, rule: str, ctx: context.Context, target: dict[str, typing.Any]) -> None:
    """Raise ``Forbidden`` unless ``ctx`` may do ``rule`` to ``target``."""
    if rule != PUBLIC and not made.allows(rule, ctx, target):
        raise errors.Forbidden(why=f"User {ctx.user or 'anonymous'} may not do baremetal:{rule}; ask an operator for a "
                                   "role that the policy allows.")
