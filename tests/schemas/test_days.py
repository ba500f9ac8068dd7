"""Days and weeks, counted from the first of January 1970."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lrs.store.client import Store
from schemas.days import day_name, monday_of, week_in_sql, week_of

EPOCH = date(1970, 1, 1)
DAYS = st.integers((date(1900, 1, 1) - EPOCH).days, (date(2200, 1, 1) - EPOCH).days)


@given(DAYS)
def test_a_week_is_from_monday_to_sunday(day: int) -> None:
    monday = monday_of(week_of(day))
    assert EPOCH + timedelta(days=monday) == EPOCH + timedelta(days=day - (EPOCH + timedelta(days=day)).weekday())
    assert day_name(monday) == (EPOCH + timedelta(days=monday)).isoformat()
    assert {week_of(day_of_week) for day_of_week in range(monday, monday + 7)} == {week_of(day)}


@given(DAYS)
def test_weeks_follow_one_another(day: int) -> None:
    assert week_of(day + 7) == week_of(day) + 1
    assert week_of(monday_of(week_of(day)) - 1) == week_of(day) - 1


def test_the_epoch_is_in_week_0() -> None:
    assert (week_of(0), monday_of(0)) == (0, -3)


def test_weeks_in_sql_are_the_same(store: Store) -> None:
    numbered_weeks = store.tuples(f"SELECT number, {week_in_sql('toInt64(number)')} FROM numbers(1000)", {})
    assert [week for _, week in numbered_weeks] == [week_of(day) for day, _ in numbered_weeks]
