"""What people read on a page: texts, and the attributes that browsers and screen readers show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

_SHOWN = ("alt", "aria-label", "data-label", "data-said", "placeholder", "title")
_CODE = {"code", "pre", "script", "style"}  # what nobody translates
_VOID = {"br", "hr", "img", "input", "link", "meta"}
_WORD = re.compile(r"[A-Za-z]{2,}")
MARKED = re.compile(r"⟦[^⟦⟧]*⟧|\{\w+\}")  # what a test marked, and what a script fills in
_ADDRESS = re.compile(r"\S*(?:://|\?)\S+|\S+://")


class _Reader(HTMLParser):
    """Collects texts. What has the class `id`, and what says that it is in some language, is data or is said to be."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _skipped(self) -> bool:
        return any(skipped for _, skipped in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        data = "id" in (said.get("class") or "").split() or ("lang" in said and tag != "html")
        if not self._skipped:
            self.found += [value for name in _SHOWN if (value := said.get(name))]
            self.found += json.loads(said.get("data-texts") or "{}").values()
        if tag not in _VOID:
            self._open.append((tag, tag in _CODE or data))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._skipped:
            self.found.append(data.strip())


def texts(page: str) -> list[str]:
    """Every text of a page that somebody reads."""
    reader = _Reader()
    reader.feed(page)
    return reader.found


def words(text: str) -> set[str]:
    """The words in Latin letters of a text that are neither marked nor part of an address."""
    return set(_WORD.findall(_ADDRESS.sub("", MARKED.sub(" ", text))))


def english(page: str, names: frozenset[str] = frozenset()) -> Iterator[str]:
    """The texts with words in Latin letters that are neither marked nor names."""
    for text in texts(page):
        if words(text) - names:
            yield text
