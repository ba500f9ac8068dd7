"""Texts that people type: one of which nothing can be seen is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.catalog.change_validation import parse_changes
from schemas.catalog import Class, Member
from schemas.invalid import Invalid
from schemas.typed_text import LONGEST_NAME, as_name, check_typed, name_fault, typed

UNSEEN = (
    "\u200b\u200d\ufeff\u00ad\u202e\u2060\x00\x7f\u00a0\u3000\u2028\u2800\u3164\uffa0\u034f\ufe0f\U000e0101\U000e0041"
    "\u2065\ufff0\U000e01f0\U000e0200"
)


@given(st.text(st.sampled_from(UNSEEN + " \n\t")))
def test_nothing_of_it_is_seen(text: str) -> None:
    assert typed(text) == ""


@given(st.text(), st.characters(categories=["L", "N", "P", "S"], exclude_characters=UNSEEN + "\u115f\u1160"))
def test_what_is_seen_stays_with_what_is_between(text: str, seen: str) -> None:
    assert typed(f" {seen}{text}{seen}\n") == f"{seen}{text}{seen}"


@pytest.mark.parametrize("text", ["Zoë", "नमस्ते", "👩‍🏫", "❤️", "می‌خواهم", "\U0001fae8"])
def test_writing_with_joiners_is_kept(text: str) -> None:
    assert typed(text) == text


def test_every_change_of_a_catalog_is_looked_at() -> None:
    member = b'{"learner": "mailto:a@b.example", "name": " "}'
    overruled = b'"learner": "mailto:a@b.example", "skill": "s", "decision": "help"'
    for change, field in (
        (b'{"kind": "skill", "id": "s", "name": "\\u200b"}', "1.name"),
        (b'{"kind": "class", "id": "c", "learners": [' + member + b"]}", "1.learners.0.name"),
        (b'{"kind": "overrule", ' + overruled + b', "reason": "\\u2060", "by": "Ms K"}', "1.reason"),
    ):
        with pytest.raises(Invalid) as refused:
            parse_changes(b'[{"kind": "skill", "id": "t"}, ' + change + b"]")
        assert refused.value.field == field


def test_what_is_empty_was_not_typed() -> None:
    check_typed(Class(id="c", learners=[Member(learner="a")], source=" "))


@pytest.mark.parametrize(
    "broken", ["A\nda", "A\r\nda", "A\tda", "A\x00da", "A\u2028da", "A\u202eda", "A\x85da", "\ud800da"]
)
def test_a_name_is_one_line(broken: str) -> None:
    assert name_fault(broken) == "has a line break or another control character"
    assert name_fault(as_name(broken)) == ""
    assert as_name(broken).endswith("da")


def test_a_name_ends() -> None:
    assert name_fault("a" * LONGEST_NAME) == ""
    assert name_fault("a" * (LONGEST_NAME + 1)) == f"is longer than {LONGEST_NAME} characters"
    assert len(as_name("a" * 100_000)) == LONGEST_NAME


@given(st.text())
def test_what_is_made_a_name_is_one(text: str) -> None:
    assert name_fault(as_name(text)) == ""
    if not name_fault(text):
        assert as_name(text) == text


@pytest.mark.parametrize("name", ["Zoë", "नमस्ते", "👩‍🏫", "می‌خواهم", "O’Brien-Núñez, José (7b)", "a\u00a0b"])
def test_names_of_people_are_names(name: str) -> None:
    assert name_fault(name) == ""
