"""Running the hooks on a report, in the configured order. What a hook does stands in its own file below ``hooks``."""

import collections.abc
import dataclasses
import functools
import importlib.metadata
import logging
import typing

from oslo_config import cfg

from baremetal import errors
from baremetal.inspection import outcome, report
from baremetal.inspection.rules import builtin, engine, form

LOG = logging.getLogger(__name__)

GROUP = "baremetal.inspection.hooks"
Hook = collections.abc.Callable[[outcome.Work], None]


@functools.cache
def _known() -> dict[str, importlib.metadata.EntryPoint]:
    """Return every installed hook by its name."""
    return {found.name: found for found in importlib.metadata.entry_points(group=GROUP)}


def chosen(conf: cfg.ConfigOpts) -> list[tuple[str, Hook]]:
    """Return the configured hooks in their order; raises ``ValueError`` for one that is not installed."""
    unknown = [name for name in conf.inspector.hooks if name not in _known()]
    if unknown:
        raise ValueError(f"[inspector]hooks has {unknown[0]!r} in it; it may have: {', '.join(sorted(_known()))}")
    return [(name, _known()[name].load()) for name in conf.inspector.hooks]


@dataclasses.dataclass(frozen=True)
class Around:
    """What there is beside a report and its node: the ports' rows, and what only the caller knows."""

    ports: collections.abc.Iterable[typing.Any] = ()
    #: stored rules; those of the file come by themselves
    rules: collections.abc.Sequence[form.Rule] = ()
    #: the inventory of the last inspection
    previous: dict[str, typing.Any] | None = None
    #: asks URLs for rules
    ask: outcome.Ask | None = None


def process(raw: typing.Any, node: typing.Any, around: Around, conf: cfg.ConfigOpts) -> outcome.Outcome:
    """Return what comes of a report on ``node`` (its columns) and the rows of its ports: hooks first, then rules.

    Never raises for what a report says: ``failed`` tells what is wrong with it, or which rule failed.
    """
    work = None
    try:
        work = outcome.Work(report.check(raw), node, around.ports, conf)
        work.previous, work.ask = around.previous, around.ask
        for name, hook in chosen(conf):
            _run(name, hook, work)
        # of equal priority, stored rules run before those of the file
        engine.run((*around.rules, *builtin.read(conf.inspection_rules.built_in_rules)), work)
        found = work.outcome()
    except (errors.ReportRefused, ValueError) as error:
        found = outcome.Outcome(failed=str(error))
        if work is not None:
            found.inventory, found.plugin_data = work.inventory, work.plugin_data
    found.logs = report.logs(raw)
    return found


def _run(name: str, hook: Hook, work: outcome.Work) -> None:
    """Run a hook; one that breaks is a defect of the hook, told as that."""
    try:
        hook(work)
    except errors.ReportRefused:
        raise
    except Exception as error:
        LOG.exception("Inspection hook %s broke on the report of node %s", name, work.node.uuid)
        raise errors.ReportRefused(text=f"Inspection hook {name!r} broke with {type(error).__name__} on this report; "
                                        "the conductor's log has the details.") from error
