"""What an agent says to the house of the flow tests."""

from typing import Any

from baremetal.drivers import switch
from tests.flow import house as building
from tests.flow import ramdisk


def boot(house: building.House, ident: str) -> str:
    """What the API tells of the boot whose agent is awaited."""
    return str(house.node(ident).driver_internal_info.get(switch.BOOT, ""))


def lookup(house: building.House, ident: str, host: str = "one", **told: str) -> str:
    """Ask for the token; an API of an older release tells nothing else."""
    return str(house.managers[host].table()["lookup"](house.ctx, node=ident, **told)["token"])


def beat(house: building.House, ident: str, token: str, host: str = "one", **more: Any) -> None:
    """Send a heartbeat, and let what comes of it end."""
    said = {"callback_url": ramdisk.URL, "agent_version": ramdisk.VERSION, "agent_token": token,
            "agent_verify_ca": "PEM", **more}
    house.managers[host].table()["heartbeat"](house.ctx, node=ident, beat=said)
    house.settle(host)


def up(house: building.House, ident: str, host: str = "one") -> str:
    """Boot the agent: it looks itself up and calls for the first time. Return its token."""
    token = lookup(house, ident, host)
    beat(house, ident, token, host)
    return token
