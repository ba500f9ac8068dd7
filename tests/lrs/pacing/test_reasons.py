"""Every reason is a whole sentence: another may follow. What is short of a bar never reads as if it reached it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.pacing.reasons import SENTENCES, because

SHARES = st.floats(0.001, 1.0)


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("Sits with me", "Sits with me."),
        ("Sits with me.", "Sits with me."),
        ("Ready?", "Ready?"),
        ("She said “I can!”", "She said “I can!”"),
        ("As before (see my note)", "As before (see my note)."),
    ],
)
def test_what_a_person_wrote_ends_as_a_sentence_does(words: str, ends: str) -> None:
    assert because("overruled", by="Ms K", words=words).say().endswith(ends)


def test_all_others_end_so_themselves() -> None:
    assert all(one.endswith(".") for name, sentence in SENTENCES.items() for one in sentence if name != "overruled")


@given(SHARES, SHARES)
def test_the_percent_of_what_is_short_of_a_bar_is_below_the_percent_of_the_bar(one: float, other: float) -> None:
    short, bar = sorted((one, other))
    tried = {"practised": short, "mastery": short, "attempts": 5, "right": 3}
    for code, more in {"low": {}, "short": {}, "unconfirmed": {"mean": bar, "num": 3}}.items():
        if short < bar - 1e-9:
            said = because(code, **tried, bar=bar, **more).say()
            values = [int(found) for found in re.findall(r"(\d+)%", said)]
            needed = values.pop()
            assert values[0] < needed, said


@given(SHARES, SHARES)
def test_the_percent_of_what_reached_a_bar_is_not_below_the_percent_of_the_bar(one: float, other: float) -> None:
    bar, reached = sorted((one, other))
    said = because("mastered", practised=reached, mastery=reached, attempts=5, right=5, bar=bar).say()
    mastery, needed = map(int, re.findall(r"(\d+)%", said))
    assert mastery >= needed, said
