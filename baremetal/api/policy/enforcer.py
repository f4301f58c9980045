"""oslo.policy, asked once per rule, caller and tenants: one question takes a third of a millisecond.

noauth and http_basic callers are operators with system scope; with Keystone a token says who somebody is.
"""

import dataclasses
import logging
import threading
import typing

from oslo_config import cfg
from oslo_policy import opts as policy_options
from oslo_policy import policy

from baremetal import clock, context
from baremetal.api.policy import nature, rules

LOG = logging.getLogger(__name__)

#: what an object has that policy looks at: ``node.owner`` and the like
Target = dict[str, str | None]
NOTHING: Target = {}


@dataclasses.dataclass(frozen=True)
class Known:
    """What is known of one set of rules. A question that was asked of it is answered into it: when the rules change
    meanwhile, nobody looks there again.
    """

    nature: nature.Nature
    """How long its answers are good, and for which objects."""
    answers: dict[tuple[typing.Any, ...], tuple[float, bool]] = dataclasses.field(default_factory=dict)
    """Question: when it was asked, and the answer."""


class Enforcer:
    """Answers questions, and remembers its answers while the rules stay the same."""

    #: seconds between two looks whether the operator has changed the rules; as long is an answer remembered that
    #: others were asked for
    LOOK = 5.0
    #: most answers that are remembered
    MOST = 10_000

    def __init__(self, conf: cfg.ConfigOpts, time: clock.Clock) -> None:
        policy_options.set_defaults(conf)
        # the library replaces its rules piece by piece: one follows the operator's file, the other is asked
        self._file, self._policy = policy.Enforcer(conf), policy.Enforcer(conf, use_conf=False)
        self._file.register_defaults(rules.list_rules())
        # the scopes that it asks for
        self._policy.registered_rules = self._file.registered_rules
        self._time = time
        #: what rules may compare with beside the object; without it no service is elevated
        self._words = ({"config.service_project_name": conf.rbac_service_project_name}
                       if conf.rbac_service_role_elevated_access and conf.rbac_service_project_name else {})
        self._texts: dict[str, str] = {}
        self._known = Known(nature.Nature(lasting=False, own_or_not=False))
        self._looking = threading.Lock()
        self._load()
        self._looked = time.tick()

    def allows(self, rule: str, ctx: context.Context, target: Target = NOTHING) -> bool:
        """Return whether ``ctx`` may do ``rule`` to ``target``."""
        now = self._time.tick()
        if now - self._looked > self.LOOK and self._looking.acquire(blocking=False):
            try:
                self._looked = now
                self._look()
            finally:
                self._looking.release()
        known = self._known
        tenants = target.items() if not known.nature.own_or_not else [
            value if value is None else value == ctx.project for value in target.values()]
        key = (rule, ctx.who, *tenants)
        at, answer = known.answers.get(key, (float("-inf"), False))
        if at == float("-inf") or not known.nature.lasting and now - at > self.LOOK:
            answer = self._ask(rule, ctx, target)
            if len(known.answers) >= self.MOST:
                known.answers.clear()
            known.answers[key] = (now, answer)
        return answer

    def _look(self) -> None:
        """Take over what the operator has changed; what cannot be read changes nothing."""
        try:
            self._load()
        except (OSError, ValueError, cfg.Error, policy.InvalidDefinitionError) as error:
            LOG.error("The policy file cannot be read, the rules stay as they were: %s", error)

    def _load(self) -> None:
        """Read the operator's rules where they have changed, and forget what was answered by others."""
        self._file.load_rules()
        texts = {name: str(check) for name, check in self._file.rules.items()}
        if texts != self._texts:
            self._policy.set_rules(dict(self._file.rules))
            self._texts, self._known = texts, Known(nature.of(self._file.rules.values()))

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
