"""What pages count and measure: one thing is said as one, and percentages are written one way in a language."""

from __future__ import annotations

import re

import pytest

from lrs.web import languages
from lrs.web.languages import LANGUAGES, ShownIn, exact_percent, ngettext, percent, shown_in, translations
from tests.support.messages import Message, messages

# Holes that are a constant of the code, or something else than a number.
_FIXED = frozenset({"most", "least", "fewest", "id", "name", "names", "kind", "states"})
# Their number is never one: each says why.
_NEVER_ONE = {
    "The last %(number)s of %(all)s attempts; the answers by week go back to the first.": "more than are listed",
    "They are of %(number)s frameworks.": "shown from two on",
    "among the first %(number)s of %(all)s answers": "more than are listed",
    "Minutes a day, last %(days)s days": "weeks",
    "what is left takes longer than the slot's %(minutes)s minutes": "a slot has several",
    "Choose a password of at least %(number)s characters for the login %(login)s.": "a constant",
    "Effect size %(effect)s (Hedges' g): an average learner would be %(points)s percentiles from the middle.": "signed",
    "the groups differed by %(apart)s standard deviations before it began; more than %(most)s cannot be adjusted for": (
        "more than a fraction"
    ),
    "Worked on %(recent)s of %(recent_of)s days, in the last %(span)s; on %(earlier)s of %(earlier_of)s before.": (
        "weeks of days"
    ),
    "Worked on %(recent)s of %(recent_of)s days on which the class did, in the last %(span)s; "
    "on %(earlier)s of %(earlier_of)s before.": "no fewer than drift is judged by",
    "%(recent)s of %(recent_of)s answers right in the last %(span)s days; %(earlier)s of %(earlier_of)s before.": (
        "no fewer than drift is judged by"
    ),
    "about the same over the last %(attempts)s attempts": "a constant",
    "%(removed)s of %(all)s skills": "the only one has a sentence of its own",
    "Compared: %(number)s of %(all)s learners with other answers.": "more than were compared",
    "is given in %(states)s of %(rows)s rows of a bulk file": "fewer than all",
}
_COUNTED = re.compile(r"%\((\w+)\)s (?:more |other |earlier |percentage )?(\w+s|people)\b")
MESSAGES = messages()


def counted(message: str) -> bool:
    """Whether a text has a number before the things that it counts."""
    return any(hole not in _FIXED for hole, _ in _COUNTED.findall(message))


def in_language(message: Message, code: str, number: int) -> str:
    one, many = (message, message) if isinstance(message, str) else message
    with shown_in(ShownIn(code)):
        said = ngettext(one, many, number)
    holes = dict.fromkeys(re.findall(r"%\((\w+)\)s", said), "…") | {"num": languages.number(number)}
    return said % holes


def test_what_is_counted_has_a_plural() -> None:
    assert _NEVER_ONE.keys() <= MESSAGES
    nouns = {word for message in MESSAGES if not isinstance(message, str) for _, word in _COUNTED.findall(message[1])}
    assert len(nouns) > 20
    missed = [
        message
        for message in MESSAGES
        if isinstance(message, str) and message not in _NEVER_ONE
        for hole, word in _COUNTED.findall(message)
        if hole not in _FIXED and word in nouns
    ]
    assert missed == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_counted_text_is_said_of_one_and_of_two(code: str) -> None:
    for message in MESSAGES:
        if isinstance(message, str):
            continue
        one, two = in_language(message, code, 1), in_language(message, code, 2)
        assert "%(" not in one + two, message
        if "%(num)s" in message[0]:
            assert "1" in one, message
            assert "2" in two, message
        if code == "en" and counted(message[1]):
            assert one.replace("1", "2") != two, message


@pytest.mark.parametrize("code", LANGUAGES)
def test_percentages_are_written_one_way(code: str) -> None:
    """By percent and exact_percent alone: no text has a percent sign of its own."""
    with shown_in(ShownIn(code)):
        assert percent(0.83) == exact_percent(0.83)
        assert exact_percent(0.125).replace(",", ".") == percent(0.12).replace("12", "12.5")
    own = [message for message in MESSAGES if any("%%" in text for text in _texts(message))]
    assert own == []
    said = [str(text) for text in translations(code)._catalog.values()] if code != "en" else []  # type: ignore[attr-defined]
    assert [text for text in said if re.search(r"%%|\d\s?%(?!\()", text)] == []


def _texts(message: Message) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else message
