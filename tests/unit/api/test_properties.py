"""Boot modes that are not wanted here."""

from typing import Any

import pytest

from baremetal import errors
from baremetal.api.nodes import properties

#: capabilities, unwanted modes, whether they are refused
CASES: list[tuple[Any, list[str], bool]] = [
    ("boot_mode:bios", ["bios"], True), ("cpu_vt:true, boot_mode:BIOS", ["bios"], True),
    ({"boot_mode": "uefi"}, ["UEFI"], True), ("boot_mode:uefi", ["bios"], False), ("boot_mode:bios", [], False),
    ("", ["bios"], False), (None, ["bios"], False), (5, ["bios"], False), ({"boot_mode": None}, ["bios"], False),
]


@pytest.mark.parametrize(("capabilities", "unwanted", "refused"), CASES)
def test_boot_modes(capabilities: Any, unwanted: list[str], *, refused: bool) -> None:
    if refused:
        with pytest.raises(errors.BadField, match="disallowed_enrollment_boot_modes"):
            properties.check({"capabilities": capabilities}, unwanted)
    else:
        properties.check({"capabilities": capabilities}, unwanted)
