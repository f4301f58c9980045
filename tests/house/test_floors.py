"""Import downward only. The contracts stand in ``setup.cfg``; here they are run, and held complete."""

import subprocess
import sys
from pathlib import Path

from tests.house import sources

# what the outside may not see; that it does not see the doors beside it, the layers say already
HOUSE = {"drivers", "inspection", "boot", "images", "notify", "db", "rpc", "clients"}

#: room: what it may not see though it lies below; the rooms beside and above are the layers' affair
# fmt: off
FORBIDDEN = {
    "api":     {"drivers", "clients", "boot", "images"},
    "drivers": {"db", "rpc"},
    "boot":    {"db", "rpc", "clients"},
    "inspection": {"db", "rpc", "clients"},
    "lab":     HOUSE,
    "cli":     HOUSE,
    "web":     HOUSE,
}
# fmt: on


def test_contracts_are_kept() -> None:
    done = subprocess.run([Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"],
                          cwd=sources.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_contracts_name_every_room_that_exists() -> None:
    rooms = {path.name for path in sources.PRODUCT.iterdir() if (path / "__init__.py").exists()}
    wanted = {(room, other) for room in FORBIDDEN for other in FORBIDDEN[room] if {room, other} <= rooms}
    written = set()
    for section in sources.setup().sections():
        if section.startswith("importlinter:contract:") and sources.setup()[section]["type"] == "forbidden":
            written |= {(room.removeprefix("baremetal."), other.removeprefix("baremetal."))
                        for room in sources.listed(section, "source_modules")
                        for other in sources.listed(section, "forbidden_modules")}
    assert wanted - written == set(), "add these pairs to the contracts in setup.cfg"
