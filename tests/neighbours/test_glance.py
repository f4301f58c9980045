"""Images of the real Glance: what it knows of them, their bytes, who may use them, a kept copy."""

import hashlib
import os
from collections.abc import Callable

import pytest
from oslo_config import cfg

from baremetal import errors
from baremetal.clients import cloud
from baremetal.images import library, properties
from tests.neighbours import conftest
from tests.services import glance

CONTENT = b"\0" * 512 + os.urandom(1 << 20)

Conf = Callable[..., cfg.ConfigOpts]


@pytest.fixture
def ident(images: glance.Service, small: conftest.Small) -> str:
    """A private image of project service."""
    return images.image(small.token, CONTENT, visibility="private", **{"trait:HW_CPU_X86_VMX": "required"})


def test_glance_tells_what_the_image_is(conf: Conf, ident: str) -> None:
    told = cloud.Cloud(conf("glance")).glance.image(ident)
    assert (told.algorithm, told.digest) == ("sha512", hashlib.sha512(CONTENT).hexdigest())
    assert (told.size, told.disk_format, told.visibility) == (len(CONTENT), "raw", "private")
    assert told.traits == ["HW_CPU_X86_VMX"]


@pytest.mark.parametrize("form", ["{}", "glance://{}"])
def test_image_by_its_id_alone_is_fetched_and_verified(conf: Conf, ident: str, form: str) -> None:
    kept = library.Library(conf("glance"))
    info = kept.describe({"image_source": form.format(ident)}, None)
    wanted = properties.read(info)
    for holder in ("one", "two"):
        image = kept.fetch(wanted.source, wanted.promise, raw=True, disk_format=wanted.disk_format, holder=holder)
        assert image.path.read_bytes() == CONTENT
    assert kept.read(form.format(ident), 2 << 20) == CONTENT
    assert kept.file(form.format(ident)).path.read_bytes() == CONTENT


def test_operator_s_own_checksum_counts_and_a_wrong_one_leaves_nothing(conf: Conf, ident: str) -> None:
    kept = library.Library(conf("glance"))
    wanted = properties.read(kept.describe({"image_source": ident, "image_checksum": "0" * 64}, None))
    assert (wanted.promise.value, wanted.promise.algorithm) == ("0" * 64, None)
    with pytest.raises(errors.ImageChecksumWrong):
        kept.fetch(wanted.source, wanted.promise, raw=True, disk_format=wanted.disk_format)


def test_partition_image_brings_kernel_and_ramdisk(conf: Conf, images: glance.Service, small: conftest.Small) -> None:
    parts = {name: images.image(small.token, name.encode()) for name in ("kernel_id", "ramdisk_id")}
    ident = images.image(small.token, CONTENT, **parts)
    wanted = properties.read(library.Library(conf("glance")).describe({"image_source": ident, "root_gb": 1}, None))
    assert not wanted.whole_disk
    assert (wanted.kernel, wanted.ramdisk) == (parts["kernel_id"], parts["ramdisk_id"])


def test_project_must_be_one_that_may_see_it_where_that_counts(
        conf: Conf, images: glance.Service, small: conftest.Small, ident: str) -> None:
    strict = library.Library(conf("glance", ignore_project_check_for_admin_tasks=False))
    other = small.keystone.project(f"other-{ident[:8]}")
    assert strict.describe({"image_source": ident}, small.project)
    for stranger in (other, None):
        with pytest.raises(errors.NotThisProjects, match=f"image {ident}, which project .* may not use"):
            strict.describe({"image_source": ident}, stranger)
    assert library.Library(conf("glance")).describe({"image_source": ident}, other)
    images.ask(small.token, "PATCH", f"images/{ident}", data='[{"op": "replace", "path": "/visibility", '
               '"value": "public"}]', headers={"Content-Type": "application/openstack-images-v2.1-json-patch"})
    assert strict.describe({"image_source": ident}, other)


def test_what_is_wrong_is_said(conf: Conf, images: glance.Service, small: conftest.Small) -> None:
    ours = cloud.Cloud(conf("glance")).glance
    with pytest.raises(errors.NeighbourLacks, match="404"):
        ours.image("00000000-0000-4000-8000-000000000000")
    with pytest.raises(errors.NeighbourLacks, match="is no image's id"):
        ours.image("../tasks")
    queued = images.ask(small.token, "POST", "images", json={
        "name": "empty", "disk_format": "raw", "container_format": "bare"})["id"]
    with pytest.raises(errors.NeighbourConflict, match="is queued; right would be active"):
        ours.image(queued)


def test_wrong_password_and_nobody_there(conf: Conf, images: glance.Service) -> None:
    wrong = conf("glance")
    ours = cloud.Cloud(wrong)
    ours.door("glance").missing()
    wrong.set_override("password", "not-the-one", "glance")
    with pytest.raises(errors.NeighbourRefuses, match="401") as told:
        ours.glance.image("00000000-0000-4000-8000-000000000000")
    assert "not-the-one" not in str(told.value)
    absent = conf("glance", glance__endpoint_override="http://127.0.0.1:9", glance__connect_retries=0)
    with pytest.raises(errors.NeighbourUnavailable, match="no connection"):
        cloud.Cloud(absent).glance.image("00000000-0000-4000-8000-000000000000")
