"""A page judges an answer as xAPI's patterns say, and takes no question that it cannot judge."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.asked_question import AND, AskedQuestion, number_of

CHOICES = [{"id": id_, "text": id_.upper()} for id_ in "abcd"]


def question(kind: str, *correct: str, **more: Any) -> AskedQuestion:
    return AskedQuestion.model_validate({"type": kind, "text": "?", "correct": list(correct), **more})


@pytest.mark.parametrize(
    ("asked", "right", "wrong"),
    [
        (question("true-false", "true"), ["true"], ["false", "", "True"]),
        (question("choice", "b", choices=CHOICES), ["b"], ["a", "", "a[,]b"]),
        (question("choice", "a[,]c", choices=CHOICES), ["a[,]c", "c[,]a"], ["a", "c", "a[,]b[,]c"]),
        (question("choice", "a", "b", choices=CHOICES), ["a", "b"], ["c", "a[,]b"]),
        (question("numeric", "4"), ["4", "4.0", " 4 ", "+4"], ["5", "four", "", "-4"]),
        (question("numeric", "-0.5"), ["-0.5", "-.5", "\N{MINUS SIGN}0,50"], ["0.5", "-5"]),
        (question("numeric", "3.1[:]3.2"), ["3.1", "3.14", "3,2"], ["3.21", "3"]),
        (question("numeric", "4[:]"), ["4", "100"], ["3.9"]),
        (question("fill-in", "Big Bang"), ["big bang", " BIG  BANG "], ["bang", ""]),
        (question("fill-in", "{case_matters=true}Na"), ["Na"], ["na", "NA"]),
        (question("fill-in", "{lang=de}Stra\u00dfe"), ["strasse", "STRASSE"], ["{lang=de}Strasse"]),
    ],
)
def test_right_and_wrong(asked: AskedQuestion, right: list[str], wrong: list[str]) -> None:
    assert [asked.is_right(response) for response in right] == [True] * len(right)
    assert [asked.is_right(response) for response in wrong] == [False] * len(wrong)


@pytest.mark.parametrize(
    ("kind", "correct", "more"),
    [
        ("choice", ["e"], {"choices": CHOICES}),
        ("choice", ["a"], {}),
        ("choice", ["a"], {"choices": [*CHOICES, CHOICES[0]]}),
        ("true-false", ["yes"], {}),
        ("true-false", ["true"], {"choices": CHOICES}),
        ("numeric", ["about four"], {}),
        ("numeric", ["[:]"], {}),
        ("fill-in", ["one[,]two"], {}),
        ("fill-in", ["{case_matters=true}"], {}),
        ("fill-in", [], {}),
        ("matching", ["a[.]b"], {}),
    ],
)
def test_what_cannot_be_judged_is_no_question(kind: str, correct: list[str], more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        question(kind, *correct, **more)


@given(st.sets(st.sampled_from("abcd"), min_size=1), st.sets(st.sampled_from("abcd"), min_size=1))
def test_several_are_right_together_in_any_order(right_choices: set[str], chosen: set[str]) -> None:
    asked_question = question("choice", AND.join(sorted(right_choices)), choices=CHOICES)
    assert asked_question.is_right(AND.join(sorted(chosen, reverse=True))) == (right_choices == chosen)


@given(st.text(max_size=30))
def test_whatever_is_written_is_a_number_or_none(text: str) -> None:
    number = number_of(text)
    assert number is None or number.is_finite()


@given(st.decimals(-(10**9), 10**9, places=3))
def test_a_number_is_read_as_it_is_written(number: Decimal) -> None:
    assert number_of(f"{number:f}") == number_of(f"{number:f}".replace(".", ",")) == number
