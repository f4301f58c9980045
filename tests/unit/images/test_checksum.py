"""Checksums as operators write them, and the listings that projects publish."""

import hashlib
import typing

import pytest

from baremetal import config, errors
from baremetal.images import checksum

URL = "http://h.example/a/disk.img"
S256, S512, MD5 = (hashlib.new(name, b"x").hexdigest() for name in ("sha256", "sha512", "md5"))
OTHER = hashlib.sha256(b"other").hexdigest()
FILE = checksum.Promise("http://h.example/SUMS")


@pytest.mark.parametrize(("info", "expected"), [
    ({"image_os_hash_value": S512, "image_os_hash_algo": "sha512"}, ("sha512", S512)),
    ({"image_os_hash_value": S256.upper()}, ("sha256", S256)),
    ({"image_checksum": f" {S256} "}, ("sha256", S256)),
    ({"image_checksum": MD5, "image_os_hash_algo": "sha256", "image_os_hash_value": S256}, ("sha256", S256)),
])
def test_given_as_digits(info: dict[str, str], expected: tuple[str, str]) -> None:
    settled = checksum.settle(checksum.promised(info, URL), URL, config.build())
    assert (settled.algorithm, settled.value) == expected


@pytest.mark.parametrize(("info", "words"), [
    ({}, "image_os_hash_value"),
    ({"image_checksum": ""}, "image_checksum"),
    ({"image_checksum": MD5}, "allow_md5_checksum"),
    ({"image_checksum": hashlib.sha1(b"x").hexdigest()}, "allow_md5_checksum"),
    ({"image_checksum": "zz" * 32}, "hexadecimal"),
    ({"image_checksum": S256[:-2]}, "62 digits"),
    ({"image_os_hash_value": S256, "image_os_hash_algo": "sha512"}, "64 digits"),
    ({"image_os_hash_value": S256, "image_os_hash_algo": "crc"}, "known are"),
    ({"image_checksum": 5}, "text"),
])
def test_refused(info: dict[str, typing.Any], words: str) -> None:
    with pytest.raises(errors.ImageFault, match=words):
        checksum.settle(checksum.promised(info, URL), URL, config.build())


def test_md5_by_option() -> None:
    conf = config.build(agent__allow_md5_checksum=True)
    assert checksum.settle(checksum.Promise(MD5), URL, conf).algorithm == "md5"


@pytest.mark.parametrize("listing", [
    f"{OTHER}  other.img\n{S256}  disk.img\n",
    f"{S256} *disk.img\r\n",
    f"{S256}  ./disk.img",
    f"SHA256 (other.img) = {OTHER}\nSHA256 (disk.img) = {S256}\n",
    f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# disk.img: 5 bytes\nSHA256 (disk.img) = {S256}\n",
    f"{S256}\n",
])
def test_listings(listing: str) -> None:
    assert checksum.settle(FILE, URL, config.build(), listing) == checksum.Checksum("sha256", S256)


@pytest.mark.parametrize("listing", ["", f"{OTHER}  other.img\n", f"{S256}  xdisk.img\n", "<html>no</html>",
                                     f"{S256}\n{OTHER}\n"])
def test_listings_that_do_not_name_the_image(listing: str) -> None:
    with pytest.raises(errors.ImageFault, match=r"has no line for 'disk.img'"):
        checksum.settle(FILE, URL, config.build(), listing)


def test_the_algorithm_chooses_among_lines() -> None:
    listing = f"SHA256 (disk.img) = {S256}\nSHA512 (disk.img) = {S512}\n"
    chosen = checksum.Promise(FILE.value, "sha512")
    assert checksum.settle(chosen, URL, config.build(), listing).value == S512
