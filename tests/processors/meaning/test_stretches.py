"""Which stretches of a medium a result says were played."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.meaning.stretches import LONGEST, MOST_STRETCHES, SEGMENTS, stretches


def said(text: Any) -> tuple[float, ...]:
    return stretches({"extensions": {SEGMENTS: text}})


@pytest.mark.parametrize(
    ("text", "played"),
    [
        ("0.000[.]12.000[,]14.000[.]21.000", (0.0, 12.0, 14.0, 21.0)),
        ("14[.]21[,]0[.]12[,]10[.]15", (0.0, 21.0)),
        ("5[.]5[,]9[.]7[,]-1[.]2[,]x[.]2[,]3", ()),
        ("0[.]nan[,]0[.]inf[,]0[.]1e300[,]1[.]2", (1.0, 2.0)),
        ("", ()),
        (7, ()),
        (None, ()),
    ],
)
def test_segments(text: Any, played: tuple[float, ...]) -> None:
    assert said(text) == played
    assert stretches({}) == ()


@given(st.text(alphabet="0123456789.[],e-", max_size=60))
def test_whatever_is_said_they_are_apart_and_in_order(text: str) -> None:
    played = said(text)
    assert len(played) % 2 == 0
    assert list(played) == sorted(set(played))
    assert all(0.0 <= at <= LONGEST for at in played)


def test_of_too_many_the_longest() -> None:
    played = said("[,]".join(f"{at * 10}[.]{at * 10 + 1 + (at % 2)}" for at in range(2 * MOST_STRETCHES)))
    assert len(played) == 2 * MOST_STRETCHES
    assert all(end - start == 2 for start, end in zip(played[::2], played[1::2], strict=True))
