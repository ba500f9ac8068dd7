"""Texts that people type: one of which nothing can be seen is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from lrs.catalog.change_validation import parse_changes
from schemas.catalog import Change, Class, Member
from schemas.cmi5.course import Course
from schemas.invalid import Invalid
from schemas.overruling import Overrule
from schemas.roster import Person, ProvisionalClass
from schemas.timetable import Adult, Room, Timetable
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


def _fields_of_text(kind: type[BaseModel]) -> Iterator[str]:
    """The fields of a change that hold one text, or a list of texts."""
    for name, field in kind.model_fields.items():
        listed = get_args(field.annotation) if get_origin(field.annotation) is list else ()
        if field.annotation is str or any(part is str or get_args(part)[:1] == (str,) for part in listed):
            yield name


_CHANGES = get_args(get_args(Change)[0])
_WORDS = {"text", "reason", "what", "kind"}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in _CHANGES for name in _fields_of_text(kind) if name not in _WORDS]
)
@pytest.mark.parametrize("broken", ["a\nb", "a\x00b", "a\u2028b", "a\u202eb"])
def test_ids_and_all_that_stands_in_a_row_are_one_line(kind: type[BaseModel], name: str, broken: str) -> None:
    is_list = get_origin(kind.model_fields[name].annotation) is list
    sent = kind.model_construct(None, **{name: [broken] if is_list else broken})
    if kind is ProvisionalClass and name == "into":
        return  # a class that is there
    with pytest.raises(Invalid) as refused:
        check_typed(sent)
    assert refused.value.field == (f"{name}.0" if is_list else name)
    assert refused.value.reason == "has a line break or another control character"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (Timetable.model_construct(rooms=(Room.model_construct(id="a\nb"),)), "rooms.0.id"),
        (Timetable.model_construct(adults=(Adult.model_construct(id="a\nb"),)), "adults.0.id"),
        (Timetable.model_construct(apart=[("l", "a\nb")]), "apart.0.1"),
        (Class.model_construct(learners=[Member.model_construct(learner="a\nb")]), "learners.0.learner"),
        (Person.model_construct(names={"a\nb": "x"}), "names"),
        (Person.model_construct(names={"username": "a\nb"}), "names"),
    ],
)
def test_ids_within_are_one_line(sent: BaseModel, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_typed(sent)
    assert refused.value.field == field


def test_texts_that_people_write_have_lines() -> None:
    check_typed(Overrule.model_construct(reason="because\nof this", by="Ms K"))
    check_typed(Course.model_construct(id="https://c.example/1", title={"en": "One\nTwo"}))


def test_what_has_such_an_id_already_can_be_removed() -> None:
    check_typed(Class.model_construct(id="a\nb", removed=True))
