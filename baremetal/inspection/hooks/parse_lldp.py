"""parse-lldp: what the switches say of themselves, by names."""

from baremetal.inspection import lldp, outcome


def run(work: outcome.Work) -> None:
    """Put the parsed LLDP data of every interface that has any into the plugin data."""
    parsed = {name: found for name, parts in lldp.heard(work).items() if (found := lldp.parse(parts))}
    if parsed:
        work.plugin_data["parsed_lldp"] = parsed
