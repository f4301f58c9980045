"""Running the hooks on a report, in the configured order. What a hook does stands in its own file below ``hooks``."""

import collections.abc
import functools
import importlib.metadata
import logging
import typing

from oslo_config import cfg

from baremetal import errors
from baremetal.inspection import outcome, report

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


def process(raw: typing.Any, node: typing.Any, ports: collections.abc.Iterable[typing.Any],
            conf: cfg.ConfigOpts) -> outcome.Outcome:
    """Return what comes of a report on ``node`` (``uuid``, ``properties``) and the rows of its ports.

    Never raises for what a report says: ``failed`` tells what is wrong with it.
    """
    work = None
    try:
        work = outcome.Work(report.check(raw), node, ports, conf)
        for name, hook in chosen(conf):
            _run(name, hook, work)
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
