"""Config drives: built, checked, fetched. What was built is read back by a foreign program."""

import base64
import gzip
import json
import shutil
import subprocess
import typing
from pathlib import Path

import pytest

from baremetal import errors
from baremetal.images import configdrive, library
from tests.unit.images import web

FACTS = configdrive.Facts("1be26c0b-03f2-4d2e-ae87-c02d7f33c123", "node-7", "web-1", {"links": []})


def read(url: str, limit: int) -> bytes:
    raise AssertionError(f"{url} was fetched")


def unpack(text: str, folder: Path) -> dict[str, bytes]:
    """The files of a drive, as xorriso reads them."""
    if shutil.which("xorriso") is None:
        pytest.skip("xorriso is not installed")
    (folder / "iso").write_bytes(gzip.decompress(base64.b64decode(text)))
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", folder / "iso", "-extract", "/", folder / "tree"],
                   check=True, capture_output=True)
    subprocess.run(["chmod", "-R", "u+w", folder / "tree"], check=True)
    return {path.relative_to(folder / "tree").as_posix(): path.read_bytes()
            for path in (folder / "tree").rglob("*") if path.is_file()}


def test_built_from_an_object(tmp_path: Path) -> None:
    drive = {"meta_data": {"hostname": "mine", "extra": {"ä": 1}}, "user_data": "#cloud-config\n",
             "network_data": {"links": [1]}, "vendor_data": {"v": 1}}
    files = unpack(configdrive.build(drive, FACTS, read), tmp_path)
    assert len(files) == 8
    assert json.loads(files["openstack/latest/meta_data.json"]) == {
        "uuid": FACTS.uuid, "name": "node-7", "hostname": "mine", "extra": {"ä": 1}}
    assert files["openstack/latest/user_data"] == b"#cloud-config\n"
    assert json.loads(files["openstack/2012-08-10/network_data.json"]) == {"links": [1]}
    assert json.loads(files["openstack/latest/vendor_data2.json"]) == {"v": 1}


def test_defaults_of_the_node(tmp_path: Path) -> None:
    files = unpack(configdrive.build({}, FACTS, read), tmp_path)
    assert json.loads(files["openstack/latest/meta_data.json"])["hostname"] == "web-1"
    assert json.loads(files["openstack/latest/network_data.json"]) == {"links": []}
    assert "openstack/latest/user_data" not in files


@pytest.mark.parametrize("user", [{"a": 1}, ["a"]])
def test_user_data_that_is_json(tmp_path: Path, user: typing.Any) -> None:
    files = unpack(configdrive.build({"user_data": user}, FACTS, read), tmp_path)
    assert json.loads(files["openstack/latest/user_data"]) == user


def test_same_drive_same_label() -> None:
    image = gzip.decompress(base64.b64decode(configdrive.build({}, FACTS, read)))
    assert image[32808:32816] == b"config-2"


def test_what_was_built_is_passed() -> None:
    text = configdrive.build({"meta_data": {"a": 1}}, FACTS, read)
    assert configdrive.build(text, FACTS, read) == text
    assert configdrive.build("\n".join(text[i:i + 76] for i in range(0, len(text), 76)), FACTS, read) == text


def packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content)).decode()


@pytest.mark.parametrize(("drive", "words"), [
    ("", "empty"), ("no base64!", "base64"), (base64.b64encode(b"no gzip").decode(), "not gzip"),
    (packed(b"no iso"), "no ISO"), (packed(bytes(32769) + b"CD001" + bytes(34) + b"cidata".ljust(32)), "'cidata'"),
    (packed(bytes((64 << 20) + 1)), "more than 67108864"), (packed(b"x" * 9999)[:40], "gzip"),
    ({"meta": {}}, "known are meta_data"), ({"meta_data": "x"}, "meta_data is str"),
    ({"network_data": []}, "network_data is list"),
    ({"user_data": 5}, "user_data is int"), ({"user_data": "\ud800"}, "not text"),
    ({"user_data": "x" * (33 << 20)}, "bytes"),
    (5, "it is int"),
])
def test_wrong(drive: typing.Any, words: str) -> None:
    with pytest.raises(errors.ConfigDriveWrong, match=words):
        configdrive.build(drive, FACTS, read)


def test_from_a_url(site: web.Site, books: library.Library) -> None:
    text = configdrive.build({}, FACTS, read)
    site.files["/drive"] = text.encode() + b"\n"
    assert configdrive.build(f"{site.url}/drive", FACTS, books.read) == text
    with pytest.raises(errors.ImageForbidden):
        configdrive.build("http://169.254.169.254/drive", FACTS, books.read)
    site.files["/drive"] = b"not one"
    with pytest.raises(errors.ConfigDriveWrong):
        configdrive.build(f"{site.url}/drive", FACTS, books.read)
