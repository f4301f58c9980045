"""What is written for people leads somewhere: links exist, short pages stay short, every room has its paragraph."""

import re
from pathlib import Path

import pytest

from tests.house import sources

LINK = re.compile(r"\[[^\]]*\]\((?!https?:|#|mailto:)([^)#]+)")
PAGES = [path for path in sources.tracked() if path.suffix == ".md"]
ADDING = sorted((sources.ROOT / "docs" / "adding").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(sources.ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert [target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", ADDING, ids=lambda page: page.stem)
def test_how_to_add_takes_ten_lines(page: Path) -> None:
    lines = [line for line in page.read_text().splitlines() if line.strip()]
    assert len(lines) <= 10


@pytest.mark.parametrize("page", ADDING, ids=lambda page: page.stem)
def test_files_to_change_are_there(page: Path) -> None:
    named = set(re.findall(r"`((?:baremetal|tests|docs|etc)/[\w./-]+)`", page.read_text()))
    assert [name for name in sorted(named) if not (sources.ROOT / name).exists()] == []


def test_architecture_has_a_paragraph_for_every_room() -> None:
    text = (sources.ROOT / "ARCHITECTURE.md").read_text()
    rooms = [path.name for path in sources.PRODUCT.iterdir() if (path / "__init__.py").exists()]
    assert [room for room in sorted(rooms) if f"**`{room}`**" not in text] == []
