"""Running rules: those of high priority first; a rule's actions are done where all of its conditions hold."""

import collections.abc
import logging
import typing

from baremetal import errors
from baremetal.inspection import outcome
from baremetal.inspection.rules import actions, attributes, conditions, form, operation, values

LOG = logging.getLogger(__name__)

#: most turns of one loop
MOST_TURNS = 1000


def run(rules: collections.abc.Iterable[form.Rule], work: outcome.Work) -> None:
    """Run the rules on what hooks have made of a report; raises ``ReportRefused`` that names the rule that failed."""
    secrets = work.conf.inspection_rules.mask_secrets
    for rule in sorted(rules, key=lambda one: -one.priority):
        masked = secrets == "always" or (secrets == "sensitive" and not rule.sensitive)
        scope = values.Scope({"node": attributes.View(work.node, work.attributes), "inventory": work.inventory,
                              "plugin_data": work.plugin_data}, masked=masked)
        if all(_holds(rule, condition, scope) for condition in rule.conditions):
            LOG.info("Node %s: inspection rule %s applies", work.node.uuid, rule.uuid)
            for action in rule.actions:
                _do(rule, action, scope, work)


def _holds(rule: form.Rule, condition: dict[str, typing.Any], scope: values.Scope) -> bool:
    """Return whether a condition holds: once, or for the items of its loop as ``multiple`` says."""
    op, negated = form.inverted(condition["op"])
    try:
        if "loop" not in condition:
            return _check(op, condition["args"], scope) is not negated
        found: list[bool] = []
        for turn in _turns(condition["loop"], scope):
            found.append(_check(op, condition["args"], turn, looping=True) is not negated)
            if condition.get("multiple") == "first":
                # the first that holds
                if found[-1]:
                    return True
        multiple = condition.get("multiple", "any")
        return bool(found) and {"any": any(found), "all": all(found), "first": False, "last": found[-1]}[multiple]
    except (ValueError, values.Missing) as error:
        raise _refused(rule, "condition", condition["op"], error) from error


def _check(op: str, args: typing.Any, scope: values.Scope, *, looping: bool = False) -> bool:
    """Return whether a condition holds in a scope."""
    row = conditions.TABLE[op]
    given = operation.named(op, row, args)
    if op in conditions.OF_NOTHING:
        try:
            value = scope.fill(given["value"], strict=True)
        except values.Missing:
            value = None
        return bool(row.does(value))
    filled = {name: scope.fill(value) if looping or name in row.filled else value for name, value in given.items()}
    if looping and "force_strings" in row.may:
        filled["force_strings"] = True
    return bool(row.does(**filled))


def _do(rule: form.Rule, action: dict[str, typing.Any], scope: values.Scope, work: outcome.Work) -> None:
    """Do an action, once or for each item of its loop."""
    op = action["op"]
    row = actions.TABLE[op]
    looping = "loop" in action
    try:
        given = operation.named(op, row, action["args"])
        for turn in _turns(action["loop"], scope) if looping else (scope,):
            row.does(work, **{
                name: turn.fill(value, strict=op not in actions.OF_WORDS) if looping or name in row.filled else value
                for name, value in given.items()})
    except actions.Failed as failed:
        raise _refused(rule, "action", op, failed) from failed
    except values.Missing as missing:
        raise _refused(rule, "action", op, ValueError(f"{missing} is not there.")) from missing
    except (ValueError, TypeError, errors.Fault) as error:
        raise _refused(rule, "action", op, error) from error


def _turns(loop: typing.Any, scope: values.Scope) -> collections.abc.Iterator[values.Scope]:
    """Yield the scope of each turn; an object is one turn."""
    found = scope.fill(loop)
    items = found if isinstance(found, list) else [found]
    if len(items) > MOST_TURNS:
        raise ValueError(f"'loop' has {len(items)} items; at most {MOST_TURNS} are taken.")
    for item in items:
        yield scope.inside(item)


def _refused(rule: form.Rule, what: str, op: str, error: Exception) -> errors.ReportRefused:
    """Return the fault that names the rule and what of it failed; of a sensitive rule nothing else."""
    why = error.text if isinstance(error, errors.Fault) else str(error)
    if rule.sensitive and not isinstance(error, actions.Failed):
        why = "it is sensitive, so that why is not told"
    return errors.ReportRefused(text=f"Inspection rule {rule.uuid}, {what} {op!r}: {why}")
