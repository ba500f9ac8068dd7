"""Texts that people type: what of them can be seen, and that names and ids are one line.

What a recorded event says is read as it is; only what is sent now is checked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from schemas.invalid import Invalid
from schemas.wording import worded

LONGEST_NAME = 500  # characters
LONGEST_LINE = 4_096  # characters of an id, an address and whatever else stands in a row, as long as IRIs may be
NAMES = frozenset({"name", "by"})  # fields that hold what somebody or something is called
_WORDS = frozenset({"text", "reason", "what", "correct"})  # fields that people fill in with words, of some lines maybe
_TYPED = NAMES | _WORDS
# What of others' files is kept as it is: titles and texts of courses, and what no board reads.
_KEPT = frozenset({"title", "description", "launch_parameters", "values"})
# Fields that choose among the actors whom statements named, whatever they wrote.
_ACTORS = frozenset({"into", "other", "others", "key"})
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
    return line_fault(name)


def line_fault(text: str) -> str:
    """Why a text is not one line: what names, ids and all else that stands in a row have to be. "" where it is."""
    return worded("has a line break or another control character") if _NOT_OF_A_LINE.search(text) else ""


def as_line(text: str) -> str:
    """A text from elsewhere as one line."""
    return " ".join(_NOT_OF_A_LINE.sub(" ", text).split()) if _NOT_OF_A_LINE.search(text) else text


def as_name(text: str) -> str:
    """A text from elsewhere as a name: one line, cut where it is longer."""
    line = as_line(text)
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"


def field_fault(name: str, text: str) -> str:
    """Why a field cannot hold a text: all but those that people fill in with words are one line. "" where it can."""
    if name in NAMES:
        return name_fault(text)
    return "" if name in _WORDS | _KEPT | _ACTORS else name_fault(text, LONGEST_LINE)


def check_typed(sent: BaseModel, field: str = "") -> None:
    """Refuse (Invalid) a text of which nothing can be seen, and a name or an id that is none, in all that was sent.

    field: where that stands.
    """
    is_removed = getattr(sent, "removed", False)  # what is there already, whatever its id
    for name, value in sent:
        at = f"{field}.{name}" if field else name
        for where, part in _parts(value, at):
            if isinstance(part, BaseModel):
                check_typed(part, where)
            elif name in _TYPED and isinstance(part, str) and part and not typed(part):
                raise Invalid(at, worded("is missing"))
            elif isinstance(part, str) and not is_removed and (fault := field_fault(name, part)):
                raise Invalid(where, fault)


def _parts(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    """What a field holds, each with where it stands; of objects without a model their names and values."""
    if isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _parts(part, f"{at}.{number}")
    elif isinstance(value, dict):
        for key, part in value.items():
            yield at, key
            yield from _parts(part, at)
    else:
        yield at, value


def _is_seen(character: str) -> bool:
    return (
        unicodedata.category(character) not in _UNSEEN_KINDS
        and character not in _UNSEEN
        and not any(first <= ord(character) <= last for first, last in _UNDRAWN)
    )
