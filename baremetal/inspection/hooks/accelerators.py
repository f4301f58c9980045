"""accelerators: properties/accelerators, the PCI devices that a list of known accelerators has."""

import functools
import os
import pathlib
import typing

import yaml

from baremetal import errors
from baremetal.inspection import outcome
from baremetal.inspection.hooks import pci

#: the list that comes with this service
KNOWN = pathlib.Path(__file__).with_name("accelerators.yaml")


def run(work: outcome.Work) -> None:
    """Note the accelerators; a report without any PCI devices says nothing of them."""
    devices = pci.devices(work)
    if not devices:
        return
    path = work.conf.inspector.known_accelerators or str(KNOWN)
    try:
        known = _read(path, os.stat(path).st_mtime_ns)
    except (OSError, yaml.YAMLError, ValueError, KeyError, TypeError) as error:
        raise errors.ReportRefused(text=f"[inspector]known_accelerators: {path} is not as it must be "
                                        f"({type(error).__name__}: {str(error)[:100]}).") from error
    found = ((known.get((str(device.get("vendor_id")), str(device.get("product_id")))), device) for device in devices)
    work.properties["accelerators"] = [{**entry, "pci_address": device.get("bus")} for entry, device in found if entry]


@functools.lru_cache(4)
def _read(path: str, _changed: int) -> dict[tuple[str, str], dict[str, typing.Any]]:
    """Return the known devices by vendor and device."""
    document = yaml.safe_load(pathlib.Path(path).read_text(encoding="utf-8"))
    return {(str(entry["vendor_id"]), str(entry["device_id"])): dict(entry) for entry in document["pci_devices"]}
