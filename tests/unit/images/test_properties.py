"""What instance_info says of an image: each wrong field is named."""

import typing

import pytest

from baremetal import errors
from baremetal.images import properties

GIB = 1 << 30
GOOD = {"image_source": "http://h.example/x", "image_checksum": "a" * 64}


@pytest.mark.parametrize(("info", "whole"), [
    ({}, True), ({"image_type": "whole-disk"}, True), ({"image_type": "partition", "root_gb": "5"}, False),
    ({"kernel": "http://h.example/k", "ramdisk": "http://h.example/r", "root_gb": 5}, False),
])
def test_kind(info: dict[str, typing.Any], whole: bool) -> None:
    wanted = properties.read({**GOOD, **info})
    assert wanted.whole_disk is whole and wanted.root_mb == (0 if whole else 5120)


def test_sizes() -> None:
    wanted = properties.read({**GOOD, "root_gb": 5, "root_mb": 7, "swap_mb": "9", "ephemeral_gb": 2})
    assert (wanted.root_mb, wanted.swap_mb, wanted.ephemeral_mb) == (7, 9, 2048)


@pytest.mark.parametrize(("info", "field"), [
    ({"image_source": None}, "image_source"), ({"image_source": "glance-id"}, "image_source"),
    ({"image_source": 5}, "image_source"),
    ({"image_checksum": None}, "image_checksum"), ({"image_type": "disk"}, "image_type"),
    ({"image_type": "partition"}, "root_gb"),
    ({"kernel": "http://h.example/k"}, "ramdisk"), ({"ramdisk": "http://h.example/k"}, "kernel"),
    ({"kernel": 5}, "kernel"),
    ({"root_gb": "many"}, "root_gb"), ({"swap_mb": -1}, "swap_mb"), ({"root_mb": True}, "root_mb"),
    ({"image_disk_format": "qcow"}, "image_disk_format"), ({"image_disk_format": ["raw"]}, "image_disk_format"),
])
def test_wrong(info: dict[str, typing.Any], field: str) -> None:
    with pytest.raises(errors.Fault, match=f"instance_info/{field}"):
        properties.read({**GOOD, **info})


@pytest.mark.parametrize(("info", "virtual", "known", "device", "fits"), [
    ({}, 20 * GIB, {}, None, True),
    ({}, 20 * GIB, {"local_gb": 19}, None, True),       # 20 GiB disks are told as 19
    ({}, 20 * GIB, {"local_gb": 10}, None, False),
    ({}, 20 * GIB, {"local_gb": "no"}, None, True),
    ({}, 20 * GIB, {"local_gb": 100}, 19 * GIB, False),
    ({}, 20 * GIB, {"local_gb": 1}, 20 * GIB, True),
    ({"image_type": "partition", "root_gb": 5}, 6 * GIB, {}, None, False),
    ({"image_type": "partition", "root_gb": 50}, 6 * GIB, {"local_gb": 10}, None, False),
])
def test_fit(info: dict[str, typing.Any], virtual: int, known: dict[str, typing.Any], device: int | None,
             fits: bool) -> None:
    wanted = properties.read({**GOOD, **info})
    if fits:
        properties.fit(wanted.source, wanted, virtual, known, device)
    else:
        with pytest.raises(errors.ImageTooLarge, match="http://h.example/x is too large"):
            properties.fit(wanted.source, wanted, virtual, known, device)
