"""Sentences are plain English, and can be said in other languages with what they are made of."""

from __future__ import annotations

import pickle

import orjson
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Missing
from schemas.wording import Said, Worded, worded, words_of

GERMAN = {
    "%(name)s has %(number)s items": "%(name)s hat %(number)s Einträge",
    "there is no %(what)s": "es gibt kein %(what)s",
    "skill": "Thema",
    "100 %": "100 von 100",
}


def german(sentence: Worded) -> str:
    return sentence.say(lambda text: GERMAN.get(text, text), lambda _, value: str(value).replace(".", ","))


def test_are_strings_in_english() -> None:
    sentence = worded("%(name)s has %(number)s items", name="Ж", number=20_000)
    assert sentence == "Ж has 20,000 items"
    assert orjson.dumps({"error": sentence}) == '{"error":"Ж has 20,000 items"}'.encode()
    assert pickle.loads(pickle.dumps(sentence)).values == sentence.values


def test_are_said_with_what_they_are_made_of() -> None:
    assert german(worded("%(name)s has %(number)s items", name="x.y", number=1.5)) == "x,y hat 1,5 Einträge"
    assert german(worded("there is no %(what)s", what=worded("skill"))) == "es gibt kein Thema"
    assert german(worded("100 %")) == "100 von 100"
    assert german(worded("unknown %(what)s", what="skill")) == "unknown skill"


def test_go_through_errors() -> None:
    sentence = worded("there is no %(what)s", what=worded("skill"))
    words = words_of(Missing(sentence))
    assert words is sentence
    assert words_of(ValueError("plain", 1)) == "('plain', 1)"


VALUES = st.recursive(
    st.text() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3).map(
        lambda values: worded(" ".join(f"%({name})s" for name in values), **values)
    ),
    max_leaves=6,
)


@given(VALUES)
def test_events_keep_them(value: str | float) -> None:
    sentence = worded("so %(value)s", value=value)
    read_again = Said.model_validate_json(Said.of(sentence).model_dump_json()).sentence()
    assert (read_again, german(read_again)) == (sentence, german(sentence))


@given(st.text())
def test_events_keep_plain_text_too(text: str) -> None:
    assert Said.of(text).sentence() == text
