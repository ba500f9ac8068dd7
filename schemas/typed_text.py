"""Texts that people type: what of them can be seen.

What a recorded event says is read as it is; only what is sent now is checked.
"""

from __future__ import annotations

import unicodedata

from pydantic import BaseModel

from schemas.invalid import Invalid
from schemas.wording import worded

_TYPED = frozenset({"name", "text", "reason", "by", "what", "correct"})  # fields that people fill in with words
_UNSEEN_KINDS = ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
# Letters and marks that are drawn as nothing: Hangul fillers, an empty Braille cell, joiners, Khmer vowels.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Selectors of another form of the letter before, and code points that are to be drawn as nothing, with or without a
# character (Unicode's Default_Ignorable_Code_Point).
_UNDRAWN = ((0x180B, 0x180F), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))


def typed(text: str) -> str:
    """A text without blanks around it; "" where nothing of it can be seen."""
    return text.strip() if any(map(_is_seen, text)) else ""


def refuse_unseen(sent: BaseModel, field: str = "") -> None:
    """Refuse (Invalid) a text of which nothing can be seen, anywhere in what was sent. field: where that stands."""
    for name, value in sent:
        at = f"{field}.{name}" if field else name
        for number, part in enumerate(value) if isinstance(value, list | tuple) else (("", value),):
            if isinstance(part, BaseModel):
                refuse_unseen(part, f"{at}.{number}" if number != "" else at)
            elif name in _TYPED and isinstance(part, str) and part and not typed(part):
                raise Invalid(at, worded("is missing"))


def _is_seen(character: str) -> bool:
    return (
        unicodedata.category(character) not in _UNSEEN_KINDS
        and character not in _UNSEEN
        and not any(first <= ord(character) <= last for first, last in _UNDRAWN)
    )
