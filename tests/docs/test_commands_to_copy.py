"""Commands on pages can be copied into any shell: zsh takes a `#` that is typed for a word, and fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md"))
)
_SHELL = ("", "sh", "bash", "console")  # blocks of no language are commands, too
_COMMENT = re.compile(r"(^|\s)#(\s|$)")


def comments(page: str) -> Iterator[str]:
    """The lines of commands that have a comment; what is quoted or in a here-document is no command."""
    language: str | None = None
    here = ""
    for line in page.splitlines():
        if fence := re.match(r"\s*```(\S*)", line):
            language, here = (fence[1] if language is None else None), ""
        elif language in _SHELL and here:
            here = "" if line.strip() == here else here
        elif language in _SHELL:
            if _COMMENT.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", line)):
                yield line
            document = re.search(r"<<-?\s*['\"]?(\w+)", line)
            here = document[1] if document else ""


@pytest.mark.parametrize("page", PAGES)
def test_no_command_has_a_comment(page: str) -> None:
    assert list(comments((ROOT / page).read_text())) == []


def test_what_a_comment_is() -> None:
    page = "```sh\nls  # all\n# first\necho '# no' a#b\ncat <<'END'\n# no\nEND\nls # all\n```\n```python\n# no\n```\n"
    assert list(comments(page)) == ["ls  # all", "# first", "ls # all"]
