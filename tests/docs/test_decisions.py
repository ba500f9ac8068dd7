"""Each decision has a number of its own, which its title repeats."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs/decisions"


def test_numbers() -> None:
    pages = sorted(FOLDER.glob("0*.md"))
    numbers = [int(page.name[:4]) for page in pages]
    assert len(pages) > 30
    assert len(set(numbers)) == len(numbers)
    for page, number in zip(pages, numbers, strict=True):
        assert re.match(rf"# {number}\. ", page.read_text()), page.name
