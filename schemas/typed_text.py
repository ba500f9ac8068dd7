"""Texts that people type: what of them can be seen, and that a name is one line.

What a recorded event says is read as it is; only what is sent now is checked.
"""

from __future__ import annotations

import re
import unicodedata

from pydantic import BaseModel

from schemas.invalid import Invalid
from schemas.wording import worded

LONGEST_NAME = 500  # characters
NAMES = frozenset({"name", "by"})  # fields that hold what somebody or something is called
_TYPED = NAMES | {"text", "reason", "what", "correct"}  # fields that people fill in with words
# Line breaks and other controls, lone surrogates, and what turns the direction of all that follows.
_NOT_OF_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSEEN_KINDS = ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
# Letters and marks that are drawn as nothing: Hangul fillers, an empty Braille cell, joiners, Khmer vowels.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Selectors of another form of the letter before, and code points that are to be drawn as nothing, with or without a
# character (Unicode's Default_Ignorable_Code_Point).
_UNDRAWN = ((0x180B, 0x180F), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))


def typed(text: str) -> str:
    """A text without blanks around it; "" where nothing of it can be seen."""
    return text.strip() if any(map(_is_seen, text)) else ""


def name_fault(name: str, longest: int = LONGEST_NAME) -> str:
    """Why something cannot be called so: a name is one line of some characters. "" where it can."""
    if len(name) > longest:
        return worded("is longer than %(max_length)s characters", max_length=str(longest))
    if _NOT_OF_A_LINE.search(name):
        return worded("has a line break or another control character")
    return ""


def as_name(text: str) -> str:
    """A text from elsewhere as a name: one line, cut where it is longer."""
    line = " ".join(_NOT_OF_A_LINE.sub(" ", text).split()) if _NOT_OF_A_LINE.search(text) else text
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"


def check_typed(sent: BaseModel, field: str = "") -> None:
    """Refuse (Invalid) a text of which nothing can be seen, and a name that is none, anywhere in what was sent.

    field: where that stands.
    """
    for name, value in sent:
        at = f"{field}.{name}" if field else name
        for number, part in enumerate(value) if isinstance(value, list | tuple) else (("", value),):
            if isinstance(part, BaseModel):
                check_typed(part, f"{at}.{number}" if number != "" else at)
            elif name in _TYPED and isinstance(part, str) and part and not typed(part):
                raise Invalid(at, worded("is missing"))
            elif name in NAMES and isinstance(part, str) and (fault := name_fault(part)):
                raise Invalid(at, fault)


def _is_seen(character: str) -> bool:
    return (
        unicodedata.category(character) not in _UNSEEN_KINDS
        and character not in _UNSEEN
        and not any(first <= ord(character) <= last for first, last in _UNDRAWN)
    )
