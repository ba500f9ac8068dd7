"""The texts of pages that are translated, as they are in code and templates."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract

from lrs.web.decision_words import WORDS
from lrs.web.policy_page import GROUPS
from lrs.web.templating import TRANSLATED

ROOT = Path(__file__).parents[2]
_TEMPLATES = ("base.html", "parts.html", *TRANSLATED)
_CODE = (
    *("lrs/web/class_view.py", "lrs/web/decision_words.py", "lrs/web/languages.py"),
    *("lrs/pacing/attention.py", "lrs/pacing/reasons.py", "lrs/web/sign_in.py", "lrs/web/sign_in_class.py"),
)
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "plural": (1, 2), "text": None}

Message = str | tuple[str, ...]


def messages() -> set[Message]:
    """Each text; of those about a number the singular and the plural."""
    sources = [("jinja2", ROOT / "lrs/web/templates" / name) for name in _TEMPLATES]
    sources += [("python", ROOT / name) for name in _CODE]
    found: set[Message] = {word for words in WORDS.values() for word in words}
    for title, rows in GROUPS:
        found |= {title, *(one.says for one in rows), *(one.alone for one in rows)}
    for how, path in sources:
        with path.open("rb") as file:
            options = {"newstyle_gettext": "true", "trimmed": "true"} if how == "jinja2" else {}
            found |= {message for _, message, _, _ in extract(how, file, _KEYWORDS, (), options)}
    return found
