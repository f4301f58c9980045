"""Checksums: what an image must be, given as a value or as the URL of a checksum file. Fetches nothing itself."""

import dataclasses
import hashlib
import re
import typing
import urllib.parse

from oslo_config import cfg

from baremetal import errors
from baremetal.images import guard

#: algorithm: hexadecimal digits
LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}
STRONG = ("sha256", "sha384", "sha512")
BY_LENGTH = {length: name for name, length in LENGTHS.items()}
LARGEST_FILE = 1 << 20
HEX = re.compile(r"[0-9a-fA-F]+")
# GNU: "<digits>  name" or "<digits> *name"; BSD: "SHA256 (name) = <digits>"; else digits alone
GNU = re.compile(r"\\?([0-9a-fA-F]{32,128})[ \t]+[* ]?(.+)")
BSD = re.compile(r"([A-Za-z0-9/-]+) ?\((.+)\) ?= ?([0-9a-fA-F]{32,128})")
WHERE = "instance_info/image_os_hash_value (with image_os_hash_algo) or instance_info/image_checksum"


@dataclasses.dataclass(frozen=True)
class Checksum:
    """What the bytes of a source must give. ``value`` is lower-case digits."""

    algorithm: str
    value: str


@dataclasses.dataclass(frozen=True)
class Promise:
    """A checksum as an operator gave it: digits or the URL of a checksum file; ``algorithm`` may be unknown as yet."""

    value: str
    algorithm: str | None = None

    @property
    def url(self) -> str | None:
        """The URL of the checksum file, if that is what was given."""
        return self.value if "://" in self.value else None


def promised(instance_info: dict[str, typing.Any], source: str) -> Promise:
    """Return the checksum that ``instance_info`` gives; none is a fault that says where it belongs."""
    value, algorithm = instance_info.get("image_os_hash_value"), instance_info.get("image_os_hash_algo")
    if not value:
        value, algorithm = instance_info.get("image_checksum"), None
    if not value:
        raise errors.ImageFault(source=guard.plain(source), why=f"no checksum was given; it belongs in {WHERE}, sha256 "
                                "or sha512, as digits or as the URL of a checksum file")
    if not isinstance(value, str) or not isinstance(algorithm, str | None):
        raise errors.ImageFault(source=guard.plain(source), why=f"its checksum is {value!r} by {algorithm!r}; both "
                                "must be text")
    return Promise(value.strip(), algorithm.strip().lower() if algorithm else None)


def settle(promise: Promise, source: str, conf: cfg.ConfigOpts, listing: str | None = None) -> Checksum:
    """Return the digits that ``promise`` means for ``source``; ``listing`` is the text of the file its URL names."""
    value, algorithm = promise.value, promise.algorithm
    if promise.url is not None:
        named, value = find(listing or "", source, promise)
        algorithm = algorithm or named
    value = value.lower()
    if not HEX.fullmatch(value):
        raise errors.ImageFault(source=guard.plain(source), why=f"its checksum {value[:140]!r} is neither hexadecimal "
                                "digits nor a URL")
    algorithm = algorithm or BY_LENGTH.get(len(value))
    if algorithm not in LENGTHS or LENGTHS[algorithm] != len(value):
        raise errors.ImageFault(source=guard.plain(source), why=f"its checksum has {len(value)} digits, which is none "
                                f"of {algorithm or 'any known algorithm'}; known are {', '.join(LENGTHS)}")
    if algorithm not in STRONG and not conf.agent.allow_md5_checksum:
        raise errors.ImageFault(source=guard.plain(source), why=f"its checksum is {algorithm}, which is not allowed; "
                                f"give sha256 or sha512 in {WHERE} (or set [agent]allow_md5_checksum)")
    return Checksum(algorithm, value)


def find(listing: str, source: str, promise: Promise) -> tuple[str | None, str]:
    """Return (algorithm if it is told, digits) of the file that ``source`` names, from the text of a checksum file."""
    name = urllib.parse.unquote(urllib.parse.urlsplit(source).path).rpartition("/")[2]
    lines = [line.strip() for line in listing.splitlines() if line.strip() and not line.startswith(("#", "-----"))]
    for line in lines:
        if match := BSD.fullmatch(line):
            algorithm, told, digits = match[1].lower().replace("-", ""), match[2], match[3]
        elif match := GNU.fullmatch(line):
            algorithm, told, digits = "", match[2], match[1]
        else:
            continue
        fits = not promise.algorithm or LENGTHS.get(promise.algorithm) == len(digits)
        if told.rpartition("/")[2] == name and fits:
            return algorithm if algorithm in LENGTHS else None, digits
    if len(lines) == 1 and HEX.fullmatch(lines[0]) and len(lines[0]) in BY_LENGTH:
        return None, lines[0]
    raise errors.ImageFault(source=guard.plain(source), why=f"checksum file {guard.plain(promise.value)} has no line "
                            f"for {name!r}{' by ' + promise.algorithm if promise.algorithm else ''}")


class Meter:
    """Hashes what passes: always sha256, and the algorithm that was promised."""

    def __init__(self, wanted: Checksum | None) -> None:
        self.wanted = wanted
        self.size = 0
        names = {"sha256"} | ({wanted.algorithm} if wanted else set())
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in names}

    def take(self, chunk: bytes) -> None:
        """Count ``chunk``."""
        self.size += len(chunk)
        for one in self._hashes.values():
            one.update(chunk)

    def digests(self) -> dict[str, str]:
        """Return the digits by algorithm."""
        return {name: one.hexdigest() for name, one in self._hashes.items()}

    def verify(self, source: str) -> None:
        """Raise unless all that was taken is what was promised."""
        if self.wanted and self.digests()[self.wanted.algorithm] != self.wanted.value:
            raise errors.ImageChecksumWrong(source=guard.plain(source), algorithm=self.wanted.algorithm,
                                            expected=self.wanted.value, got=self.digests()[self.wanted.algorithm])
