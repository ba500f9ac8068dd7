"""The texts of pages that are translated, as they are in code and templates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from babel.messages.extract import extract

from lrs.accounts.class_cards import PICTURES
from lrs.web.decision_words import WORDS
from lrs.web.policy_page import GROUPS
from processors.meaning.vocabulary.row import Nothing
from schemas.observation import Kind

ROOT = Path(__file__).parents[2]
_SOURCES = ("lrs", "schemas", "processors")  # of which the code may say something on a page
Keywords = Mapping[str, tuple[int, int] | None]
_WORDED: Keywords = {"worded": None, "wording": None}
_KEYWORDS: Keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "plural": (1, 2), "text": None, **_WORDED}

Message = str | tuple[str, ...]


def messages() -> set[Message]:
    """Each text; of those about a number the singular and the plural."""
    sources: list[tuple[str, Path, Keywords]] = [
        ("jinja2", path, _KEYWORDS) for path in (ROOT / "lrs/web/templates").glob("*.html")
    ]
    for path in (path for room in _SOURCES for path in (ROOT / room).rglob("*.py")):
        pages = path.parent.name in ("web", "pacing")
        if pages or "word" in path.read_text():
            sources.append(("python", path, _KEYWORDS if pages else _WORDED))
    found: set[Message] = {
        *(word for words in WORDS.values() for word in words),
        *PICTURES,
        *map(str, (*Nothing, *Kind)),
    }
    for title, rows in GROUPS:
        found |= {title, *(one.says for one in rows), *(one.alone for one in rows)}
    for how, path, keywords in sources:
        with path.open("rb") as file:
            options = {"newstyle_gettext": "true", "trimmed": "true"} if how == "jinja2" else {}
            found |= {message for _, message, _, _ in extract(how, file, keywords, (), options)}
    return found
