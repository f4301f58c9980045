"""Root device hints: which disk an image is written to. The rules are the real agent's."""

import operator
import re
import typing

from baremetal.lab.agent import disks, failures, profile

SMALLEST = 4 * profile.GIB
#: hint: its type
KNOWN: dict[str, type] = {"size": int, "rotational": bool, **dict.fromkeys(
    ("model", "vendor", "serial", "wwn", "wwn_with_extension", "wwn_vendor_extension", "name", "hctl", "by_path",
     "tran"), str)}
TRUE = {"1", "t", "true", "on", "y", "yes"}
NUMBERS: dict[str, typing.Callable[[float, float], bool]] = {
    "=": operator.ge, "==": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le, ">": operator.gt,
    "<": operator.lt}
TEXTS: dict[str, typing.Callable[[str, str], bool]] = {
    "s==": operator.eq, "s!=": operator.ne, "s<": operator.lt, "s<=": operator.le, "s>": operator.gt,
    "s>=": operator.ge}
LISTS = frozenset({"<or>", "<in>", "<all-in>"})
WORD = re.compile(r"^(s==|s!=|s<=|s>=|s<|s>|==|!=|<=|>=|<or>|<in>|<all-in>|=|<|>)\s*(.*)$", re.DOTALL)


def root_device(found: list[disks.Disk], wanted: dict[str, typing.Any] | None,
                size: typing.Callable[[disks.Disk], int]) -> disks.Disk:
    """Return the disk for the image; raise Failure as the agent does when none fits."""
    if not wanted:
        for disk in sorted(found, key=lambda disk: (size(disk), disk.drive.name)):
            if size(disk) >= SMALLEST:
                return disk
        raise failures.Failure("DeviceNotFound", "No suitable device was found for deployment - root device hints were "
                               f"not provided and all found block devices are smaller than {SMALLEST}B.")
    unknown = set(wanted) - set(KNOWN)
    if unknown:
        raise failures.Failure("DeviceNotFound", f"No devices could be found using the root device hints {wanted} "
                               f"because they failed to validate. Error: The hints \"{', '.join(unknown)}\" are "
                               f"invalid. Valid hints are: \"{', '.join(KNOWN)}\"")
    for disk in found:
        if all(_fits(described(disk, size(disk)).get(name), hint, KNOWN[name]) for name, hint in wanted.items()):
            return disk
    raise failures.Failure("DeviceNotFound",
                           f"No suitable device was found for deployment using these hints {wanted}")


def described(disk: disks.Disk, size: int) -> dict[str, typing.Any]:
    """Return a disk as an inventory shows it."""
    drive = disk.drive
    return {"name": drive.name, "model": drive.model, "size": size, "rotational": drive.rotational,
            "wwn": drive.wwn, "wwn_with_extension": drive.wwn, "wwn_vendor_extension": None, "serial": drive.serial,
            "vendor": "LAB", "hctl": drive.hctl, "by_path": f"/dev/disk/by-path/pci-0000:00:1f.2-ata-{drive.hctl[:1]}",
            "logical_sectors": 512, "physical_sectors": 4096, "tran": "sata"}


def _fits(value: typing.Any, hint: typing.Any, kind: type) -> bool:
    if value is None:
        return False
    text = str(hint).strip().lower()
    if kind is bool:
        return bool(value) == (text in TRUE)
    found = WORD.match(text)
    sign, wanted = (found[1], found[2].strip()) if found else ("", text)
    if sign in LISTS:
        many = [word.strip() for word in wanted.split(sign)]
        if sign == "<or>":
            return any(_same(value, word, kind) for word in many)
        return all(word in str(value).lower() for word in many)
    if kind is int:
        try:
            return NUMBERS[sign or "=="](value // profile.GIB, int(wanted))
        except (KeyError, ValueError):
            return False
    return TEXTS.get(sign or "s==", operator.eq)(str(value).lower(), wanted)


def _same(value: typing.Any, word: str, kind: type) -> bool:
    return value // profile.GIB == int(word) if kind is int and word.isdigit() else str(value).lower() == word
