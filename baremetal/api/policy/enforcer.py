"""oslo.policy, asked once per (rule, caller, tenants) and few seconds: one question takes a third of a millisecond.

noauth and http_basic callers are operators with system scope; with Keystone a token says who somebody is.
"""

import typing

from oslo_config import cfg
from oslo_policy import opts as policy_options
from oslo_policy import policy

from baremetal import clock, context
from baremetal.api.policy import rules

#: what an object has that policy looks at: ``node.owner`` and the like
Target = dict[str, str | None]
NOTHING: Target = {}


class Enforcer:
    """Answers questions, and remembers its answers."""

    #: seconds for which an answer is remembered, so that a changed policy file is soon obeyed
    REMEMBER = 5.0
    #: most answers that are remembered
    MOST = 10_000

    def __init__(self, conf: cfg.ConfigOpts, time: clock.Clock) -> None:
        policy_options.set_defaults(conf)
        self._policy = policy.Enforcer(conf)
        self._policy.register_defaults(rules.list_rules())
        self._time = time
        self._answers: dict[tuple[typing.Any, ...], tuple[float, bool]] = {}
        #: what rules may compare with beside the object; without it no service is elevated
        self._words = ({"config.service_project_name": conf.rbac_service_project_name}
                       if conf.rbac_service_role_elevated_access and conf.rbac_service_project_name else {})

    def allows(self, rule: str, ctx: context.Context, target: Target = NOTHING) -> bool:
        """Return whether ``ctx`` may do ``rule`` to ``target``."""
        key = (rule, ctx.who, *target.items())
        now = self._time.tick()
        at, known = self._answers.get(key, (float("-inf"), False))
        if now - at > self.REMEMBER:
            known = self._ask(rule, ctx, target)
            if len(self._answers) >= self.MOST:
                self._answers.clear()
            self._answers[key] = (now, known)
        return known

    def _ask(self, rule: str, ctx: context.Context, target: Target) -> bool:
        """Ask oslo.policy. What is not there is left out: nobody's project is not the owner of nobody's node."""
        scope = "all" if ctx.system else None
        said: dict[str, typing.Any] = {
            "user_id": ctx.user, "project_id": ctx.project, "project_name": ctx.project_name,
            "domain_id": ctx.domain, "project_domain_id": ctx.project_domain, "user_domain_id": ctx.user_domain,
            "system_scope": scope, "system": scope}
        credentials = {name: value for name, value in said.items() if value is not None}
        credentials["roles"] = list(ctx.roles)
        about = {**self._words, **{name: value for name, value in target.items() if value is not None}}
        return bool(self._policy.enforce(rule if rule in rules.BARE else f"baremetal:{rule}", about, credentials))
