"""local-link-connection: the switch port that each port is plugged into, from LLDP."""

from baremetal.inspection import lldp, outcome


def run(work: outcome.Work) -> None:
    """Give ports switch_id and port_id where the switch said both; other keys of theirs stay."""
    heard = lldp.heard(work)
    for name, found in work.interfaces.items():
        port = work.ports.get(found["mac_address"])
        if port is None or port.gone or name not in heard:
            continue
        link = lldp.link(heard[name])
        # half a connection is none: the API takes no port with it
        known = port.values.get("local_link_connection") or {}
        if {"switch_id", "port_id"} <= {**known, **link}.keys() and link:
            port.set("local_link_connection", {**known, **link})
