"""Engagement by learner and day."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.folds.engagement import Engagement
from processors.meaning.interpret import event_time
from schemas.observation import Kind, Observation

MINUTE = 60_000_000
DAY = 1440 * MINUTE
FOLD = Engagement()


def event(time: int, kind: Kind = Kind.ATTEMPT, item: str = "i", outcome: float | None = 1.0) -> Observation:
    return Observation("t", "ada", time, f"{time:040}", 0, kind, "v", item, (), outcome, 60.0, "", 0, 0)


def rows(*events: Observation) -> dict[str, dict[str, Any]]:
    state = FOLD.start()
    for one in events:
        FOLD.step(state, one)
    return {key: dict(zip(FOLD.columns, columns, strict=True)) for key, _, *columns in FOLD.drain(state)}


def test_minutes_end_with_the_session() -> None:
    found = rows(event(0), event(10 * MINUTE), event(40 * MINUTE), event(71 * MINUTE))["1970-01-01"]
    # the first event's minute, 10, 30, and the minute of the event that opens a session after a gap of 31
    assert found["minutes"] == 1 + 10 + 30 + 1
    assert found["sessions"] == 2


def test_days_and_streaks() -> None:
    found = rows(event(0), event(DAY), event(2 * DAY), event(4 * DAY))
    assert [found[f"1970-01-0{day}"]["streak"] for day in (1, 2, 3, 5)] == [1, 2, 3, 1]
    assert {k: found[""][k] for k in ("streak", "best_streak", "days")} == {"streak": 1, "best_streak": 3, "days": 4}


def test_counts_by_kind() -> None:
    kinds = [Kind.COMPLETION, Kind.EXPOSURE, Kind.FEEDBACK, Kind.CHOICE]
    events = [event(0), event(1, outcome=0.0), *(event(2 + n, kind, f"i{n}") for n, kind in enumerate(kinds))]
    day = rows(*events)["1970-01-01"]
    assert (day["attempts"], day["right"], day["activities"]) == (2, 1, 5)
    assert [day[name] for name in ("completions", "exposures", "feedback", "choices")] == [1, 1, 1, 1]
    assert (day["first_seen"], day["last_seen"]) == (0, 5)


def test_before_the_epoch() -> None:
    found = rows(event(-DAY), event(-1))
    assert found["1969-12-31"]["attempts"] == 2
    assert found[""]["days"] == 1


@given(st.lists(st.integers(0, 6 * DAY), min_size=1, max_size=30), st.sets(st.integers(0, 30)))
def test_draining_and_restoring_between_changes_nothing(times: list[int], cuts: set[int]) -> None:
    events = [event(time, item=f"i{time % 5}") for time in sorted(set(times))]
    whole = FOLD.start()
    for one in events:
        FOLD.step(whole, one)
    table: dict[str, tuple[Any, ...]] = {}
    state = FOLD.start()
    for n, one in enumerate(events):
        FOLD.step(state, one)
        if n in cuts:
            table |= {row[0]: row for row in FOLD.drain(state)}
            state = FOLD.restore((key, row[1]) for key, row in table.items())
    table |= {row[0]: row for row in FOLD.drain(state)}
    assert table == {row[0]: row for row in FOLD.drain(whole)}


@pytest.mark.parametrize(
    ("timestamp", "day"),
    [("0001-01-01T00:00:00+14:00", "0001-01-01"), ("9999-12-31T23:59:59-14:00", "9999-12-31")],
)
def test_a_moment_at_the_end_of_time_has_a_day(timestamp: str, day: str) -> None:
    fold = Engagement()
    state = fold.start()
    time = event_time({"timestamp": timestamp})
    fold.step(state, Observation("t", "l", time, "s", 0, Kind.ATTEMPT, "v", "i", (), 1.0, None, "", 0, 0))
    assert [row[0] for row in fold.drain(state)] == ["", day]
