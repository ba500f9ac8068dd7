"""Of what is wrong the first are shown, and the others counted."""

from __future__ import annotations

from lrs.verification.finding import SHOWN_WRONG, shown_of


def test_all_are_shown_where_there_are_few() -> None:
    assert shown_of(range(SHOWN_WRONG)) == [str(number) for number in range(SHOWN_WRONG)]
    assert shown_of([]) == []


def test_the_others_are_counted() -> None:
    shown = shown_of(range(SHOWN_WRONG + 1_500))
    assert shown[:-1] == [str(number) for number in range(SHOWN_WRONG)]
    assert shown[-1] == "and 1,500 more"
