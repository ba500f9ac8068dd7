"""What the documentation names exists: links and anchors, files, functions, modules, commands with their options."""

from __future__ import annotations

import pytest

from tests.docs.references import PAGES, ROOT, Page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.path.relative_to(ROOT)))
class TestPage:
    def test_links_lead_somewhere(self, page: Page) -> None:
        assert not list(page.broken_links())

    def test_files_and_names_in_them_exist(self, page: Page) -> None:
        assert not list(page.unknown_files())

    def test_modules_exist(self, page: Page) -> None:
        assert not list(page.unknown_modules())

    def test_commands_and_options_exist(self, page: Page) -> None:
        assert not list(page.unknown_commands())


BROKEN = """# A heading
[nowhere](gone.md), [no anchor](page.md#another), [itself](#a-heading), `lrs/gone.py`, `lrs/app.py:gone`,
`python -m lrs.gone`, `lrs dance`, `lrs serve --gone`, `make gone`
```sh
lrs learner --gone
```
"""


def test_each_kind_of_mistake_is_found() -> None:
    page = Page(ROOT / "docs" / "page.md", BROKEN)
    assert list(page.broken_links()) == ["gone.md", "page.md#another"]
    assert list(page.unknown_files()) == ["lrs/gone.py", "lrs/app.py:gone"]
    assert list(page.unknown_modules()) == ["lrs.gone"]
    assert list(page.unknown_commands()) == ["lrs dance", "lrs serve --gone", "make gone", "lrs learner --gone"]


def test_commands_that_the_code_names_exist() -> None:
    """In messages, docstrings and settings, too."""
    sources = [path for room in ("lrs", "processors", "schemas", "infra") for path in (ROOT / room).rglob("*.*")]
    pages = [Page(path, path.read_text()) for path in sources if path.suffix in (".py", ".yaml", ".toml", ".service")]
    assert [(str(p.path), command) for p in pages for command in p.unknown_commands() if "{name}" not in command] == []
