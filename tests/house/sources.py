"""The files that the house tests judge, read and parsed once. Judges nothing itself."""

import ast
import configparser
import dataclasses
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "baremetal"
EXEMPT = ("baremetal/db/migrations/versions/",)


@dataclasses.dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its path below the root, as a reader would type it."""
        return self.path.relative_to(ROOT).as_posix()


@functools.cache
def python(*folders: str) -> tuple[Source, ...]:
    """Every Python file below ``folders`` that is not exempt."""
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(Source(path, path.read_text(), ast.parse(path.read_text())) for path in paths
                 if not path.relative_to(ROOT).as_posix().startswith(EXEMPT))


@functools.cache
def setup() -> configparser.ConfigParser:
    """``setup.cfg``."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg")
    return parser


def listed(section: str, option: str) -> list[str]:
    """The lines of a list in ``setup.cfg``."""
    return [line.strip() for line in setup()[section][option].splitlines() if line.strip()]


def tracked() -> Iterator[Path]:
    """The files that git has or would take; all but what .gitignore names."""
    told = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                          cwd=ROOT, capture_output=True, text=True, check=True)
    for name in told.stdout.splitlines():
        if (ROOT / name).is_file():
            yield ROOT / name
