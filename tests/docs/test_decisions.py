"""Each decision has a number of its own, which its title repeats, and says all that a decision says."""

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


def test_sections() -> None:
    for page in FOLDER.glob("0*.md"):
        text = page.read_text()
        assert text.count("\n**Status:** ") == 1, page.name
        sections = re.findall(r"^## (.*)$", text, re.MULTILINE)
        required = [section for section in sections if section != "Rejected"]
        assert required == ["Context", "Decision", "Consequences", "Held by"], page.name
        assert re.search(r"`tests/", text.partition("## Held by")[2]), page.name
