"""Nothing in the repository tells of the machine it was made on, and nothing is left for later."""

import os
import re
import urllib.parse

import pytest

from tests.house import sources

LARGEST = 1_000_000     # bytes

# written so that this file does not match itself
# fmt: off
PATTERNS = {
    "a path of one machine":  re.compile(r"(?<![\w.*}])/(?:wor[k]|roo[t]|hom[e]/\w+|opt/pyp[i]|tmp/tea[m])\b"),
    "left for later":         re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b"),
    "a merge not ended":      re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}
# fmt: on


def _texts() -> list[tuple[str, str]]:
    return [(path.relative_to(sources.ROOT).as_posix(), path.read_text(errors="replace"))
            for path in sources.tracked()]


@pytest.mark.parametrize("what", PATTERNS)
def test_nothing_of_that_kind(what: str) -> None:
    found = [f"{name}: {match[0]!r}" for name, text in _texts() for match in PATTERNS[what].finditer(text)]
    assert not found, f"{what}: {found}"


def test_no_package_registry_is_named() -> None:
    urls = [os.environ.get(name, "") for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "GOPROXY")]
    hosts = {urllib.parse.urlsplit(url).hostname for text in urls for url in re.split(r"[\s,]+", text)}
    hosts -= {None, "", "pypi.org", "proxy.golang.org"}
    found = [f"{name}: {host}" for name, text in _texts() for host in hosts if host and host in text]
    assert not found, f"the host of this machine's package registry: {found}"


def test_only_text_and_none_of_it_large() -> None:
    odd = []
    for path in sources.tracked():
        content = path.read_bytes()
        if b"\0" in content or len(content) > LARGEST:
            odd.append(f"{path.relative_to(sources.ROOT)}: {len(content)} bytes")
    assert not odd, f"binary or large: {odd}"
