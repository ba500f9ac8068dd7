"""Every tutorial from a tool to a board works, step after step, as it is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.docs.tutorial import Reader, steps

PAGES = sorted((Path(__file__).parents[2] / "docs/tutorial").glob("from-*.md"))


def test_there_is_one_for_each_tool() -> None:
    assert [page.stem for page in PAGES] == [
        "from-canvas",
        "from-h5p",
        "from-moodle",
        "from-open-edx",
        "from-storyline",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_ends_in_a_board_that_shows_the_attempt(page: Path, tmp_path: Path, browser: Browser) -> None:
    for tool in ("bash", "curl"):
        assert shutil.which(tool), f"{tool} is needed to follow the tutorials"
    found = steps(page.read_text())
    assert found[-1].kind == "open", "it ends with the board in a browser"
    reader = Reader(tmp_path, browser)
    try:
        for step in found:
            reader.take(step)
        board = reader.shown()
    finally:
        reader.close()
    assert "Class 7b" in board
    for learner in ("Ada Lovelace", "Ben Bloom"):
        assert learner in board
    assert "%" in board, "the board shows no estimate of anybody"
