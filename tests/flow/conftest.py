"""The house of the flow tests, on SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow import house as building


@pytest.fixture
def house(tmp_path: Path) -> Iterator[building.House]:
    """A conductor called "one" on an empty database."""
    built = building.House(f"sqlite:///{tmp_path / 'flow.sqlite'}")
    yield built
    built.close()
