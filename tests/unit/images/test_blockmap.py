"""The map of a raw image covers all that is not zero, and nothing else."""

import hashlib
import json
import random
from pathlib import Path

import pytest

from baremetal.images import blockmap

BLOCK = blockmap.BLOCK


def image(folder: Path, size: int, places: dict[int, int]) -> Path:
    """A sparse file of ``size`` bytes with noise at ``places`` (offset: length)."""
    path = folder / "raw"
    with path.open("wb") as file:
        file.truncate(size)
        for offset, length in places.items():
            file.seek(offset)
            file.write(random.Random(offset).randbytes(length))
    return path


@pytest.mark.parametrize(("size", "places"), [
    (0, {}), (1, {0: 1}), (10 * BLOCK, {}), (10 * BLOCK, {0: BLOCK}), (10 * BLOCK + 5, {10 * BLOCK: 5}),
    (30 * BLOCK, {BLOCK - 1: 2}), (30 * BLOCK, {0: 30 * BLOCK}),
    (40 * BLOCK + 512, {3: 9 * BLOCK, 39 * BLOCK + 4096: 4096}),
    (64 * BLOCK, {i * BLOCK + 8192: 4096 for i in range(0, 64, 3)}),
    (8 * BLOCK, {4096 * i: 100 for i in range(0, 2048, 2)}),
])
def test_covers_all_data(tmp_path: Path, size: int, places: dict[int, int]) -> None:
    path = image(tmp_path, size, places)
    made, content = blockmap.make(path), path.read_bytes()
    rebuilt, end = bytearray(size), 0
    for offset, length, digits in made.extents:
        assert offset >= end and 0 < length <= blockmap.LONGEST and offset % BLOCK == 0
        assert hashlib.sha256(content[offset:offset + length]).hexdigest() == digits
        rebuilt[offset:offset + length] = content[offset:offset + length]
        end = offset + length
    assert bytes(rebuilt) == content and made.virtual_size == size
    touched = {block for start, length in places.items()
               for block in range(start // BLOCK, (start + length - 1) // BLOCK + 1)}
    assert made.data <= len(touched) * BLOCK


def test_stored_zeros_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(bytes(20 * BLOCK))
    assert blockmap.make(tmp_path / "raw").extents == ()


def test_text(tmp_path: Path) -> None:
    made = blockmap.make(image(tmp_path, 4 * BLOCK, {BLOCK: 7}))
    told = json.loads(made.text())
    assert told["virtual_size"] == 4 * BLOCK and told["block"] == BLOCK
    assert told["extents"] == [list(made.extents[0])] and made.extents[0][:2] == (BLOCK, BLOCK)
