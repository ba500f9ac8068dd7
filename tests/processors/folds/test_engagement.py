"""Engagement by learner and day."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.folds.engagement import Engagement
from processors.meaning.event_time import sent_time
from processors.meaning.resolve import resolve
from schemas.observation import Kind, Observation
from schemas.xapi.verbs import ANSWERED

MINUTE = 60_000_000
DAY = 1440 * MINUTE
FOLD = Engagement()


def event(time: int, kind: Kind = Kind.ATTEMPT, item: str = "i", outcome: float | None = 1.0) -> Observation:
    return Observation("t", "ada", time, f"{time:040}", 0, kind, "v", item, (), outcome, 60.0, "", 0, 0)


def rows(*events: Observation) -> dict[str, dict[str, Any]]:
    state = FOLD.start()
    for evidence in resolve(events)[0]:
        FOLD.step(state, evidence)
    return {key: dict(zip(FOLD.columns, columns, strict=True)) for key, _, *columns in FOLD.drain(state)}


def test_minutes_end_with_the_session() -> None:
    day_row = rows(*(event(minute * MINUTE) for minute in (5, 15, 45, 76)))["1970-01-01"]
    # the first event's minute, 10, 30, and the minute of the event that opens a session after a gap of 31
    assert day_row["minutes"] == 1 + 10 + 30 + 1
    assert day_row["sessions"] == 2


def test_days_and_streaks() -> None:
    rows_by_key = rows(*(event(day * DAY + 60 * MINUTE) for day in (0, 1, 2, 4)))
    assert [rows_by_key[f"1970-01-0{day}"]["streak"] for day in (1, 2, 3, 5)] == [1, 2, 3, 1]
    assert {k: rows_by_key[""][k] for k in ("streak", "best_streak", "days")} == {
        "streak": 1,
        "best_streak": 3,
        "days": 4,
    }


def test_counts_by_kind() -> None:
    kinds = [Kind.COMPLETION, Kind.EXPOSURE, Kind.FEEDBACK, Kind.CHOICE]
    events = [event(0), event(1, outcome=0.0), *(event(2 + n, kind, f"i{n}", None) for n, kind in enumerate(kinds))]
    day = rows(*events)["1970-01-01"]
    assert (day["attempts"], day["right"], day["activities"]) == (2, 1, 5)
    assert [day[name] for name in ("completions", "exposures", "feedback", "choices")] == [1, 1, 1, 1]
    assert (day["first_seen"], day["last_seen"]) == (0, 5)


def test_a_session_that_reaches_back_makes_the_day_before_a_day() -> None:
    worked = msgspec.structs.replace(event(3 * DAY + 10 * MINUTE), duration=1800.0)
    rows_by_key = rows(event(60 * MINUTE), worked, event(3 * DAY + 20 * MINUTE))
    assert [rows_by_key[f"1970-01-0{day}"]["streak"] for day in (1, 3, 4)] == [1, 1, 2]
    assert [rows_by_key[f"1970-01-0{day}"]["minutes"] for day in (3, 4)] == [20, 20]
    assert (rows_by_key["1970-01-03"]["attempts"], rows_by_key[""]["days"], rows_by_key[""]["minutes"]) == (0, 3, 41)


def answer(time: int, item: str, right: bool, *skills: str) -> Observation:
    return msgspec.structs.replace(event(time, item=item, outcome=float(right)), skills=skills)


def errors(*events: Observation) -> tuple[int, int, int]:
    rows_by_key = rows(*events)
    days = [row for key, row in rows_by_key.items() if key]
    for name in ("errors", "persisted", "sought"):
        assert sum(day[name] for day in days) == rows_by_key[""][name]
    return rows_by_key[""]["errors"], rows_by_key[""]["persisted"], rows_by_key[""]["sought"]


def test_the_next_answer_of_the_day_says_whether_somebody_went_on_after_an_error() -> None:
    wrong = answer(0, "i", False, "s")
    assert errors(wrong) == (1, 0, 0)
    assert errors(wrong, answer(MINUTE, "j", True, "t", "s")) == (1, 1, 0)  # another item of the skill
    assert errors(wrong, answer(MINUTE, "i", False)) == (2, 1, 0)
    assert errors(wrong, answer(MINUTE, "j", True, "t"), answer(2 * MINUTE, "i", True, "s")) == (1, 0, 0)
    assert errors(wrong, answer(DAY, "i", True, "s")) == (1, 0, 0)
    assert errors(answer(0, "i", True, "s"), answer(MINUTE, "i", True, "s")) == (0, 0, 0)


def test_help_counts_once_between_an_error_and_the_next_answer() -> None:
    wrong = answer(0, "i", False, "s")
    hint, more = (event(at * MINUTE, Kind.HELP, "hint", None) for at in (1, 2))
    assert errors(wrong, hint, more, answer(3 * MINUTE, "j", True, "t")) == (1, 0, 1)
    assert errors(wrong, answer(MINUTE // 2, "j", True, "t"), hint) == (1, 0, 0)
    assert errors(event(0, Kind.HELP, "hint", None), answer(MINUTE, "i", False, "s")) == (1, 0, 0)
    assert errors(wrong, event(DAY, Kind.HELP, "hint", None)) == (1, 0, 0)


def test_media_played_again_adds_no_seconds_on_any_day() -> None:
    def played(time: int, *stretches: float) -> Observation:
        return msgspec.structs.replace(event(time, Kind.MEDIA, "film", None), stretches=stretches)

    rows_by_key = rows(
        played(0, 0.0, 60.0), played(MINUTE, 0.0, 90.5), played(DAY, 0.0, 100.0), played(2 * DAY, 5.0, 9.0)
    )
    assert [rows_by_key[key]["media_seconds"] for key in ("", "1970-01-01", "1970-01-02", "1970-01-03")] == [
        100.0, 90.5, 9.5, 0.0,
    ]  # fmt: skip
    assessed = msgspec.structs.replace(played(0, 0.0, 60.0), by="teacher")
    assert rows(assessed)[""]["media_seconds"] == 0.0


def test_who_answered_was_there_whoever_wrote_it_down_and_who_was_graded_was_not() -> None:
    first, second, third = (event(day * DAY + 60 * MINUTE) for day in range(3))
    entered = msgspec.structs.replace(second, by="teacher", verb=ANSWERED)
    graded = msgspec.structs.replace(third, by="teacher", verb="http://adlnet.gov/expapi/verbs/scored")
    whole = rows(first, entered, graded)[""]
    assert (whole["last_seen"], whole["days"]) == (second.time, 2)


def test_more_activities_than_a_sketch_holds_are_estimated() -> None:
    day = rows(*(event(n * 1_000_000, item=f"item {n}") for n in range(1000)))["1970-01-01"]
    assert 700 < day["activities"] < 1300


def test_before_the_epoch() -> None:
    rows_by_key = rows(event(-DAY + 60 * MINUTE), event(-1))
    assert rows_by_key["1969-12-31"]["attempts"] == 2
    assert rows_by_key[""]["days"] == 1


@given(st.lists(st.integers(0, 6 * DAY), min_size=1, max_size=30), st.sets(st.integers(0, 30)))
def test_draining_and_restoring_between_changes_nothing(times: list[int], cuts: set[int]) -> None:
    kinds = (Kind.ATTEMPT, Kind.ATTEMPT, Kind.HELP, Kind.MEDIA)
    some = [event(time, kinds[time % 4], item=f"i{time % 5}", outcome=float(time % 2)) for time in sorted(set(times))]
    events, _ = resolve(
        msgspec.structs.replace(event_of_day, stretches=(0.0, event_of_day.time % 100 + 1.0))
        if event_of_day.kind is Kind.MEDIA
        else event_of_day
        for event_of_day in some
    )
    whole = FOLD.start()
    for evidence in events:
        FOLD.step(whole, evidence)
    table: dict[str, tuple[Any, ...]] = {}
    state = FOLD.start()
    for n, evidence in enumerate(events):
        FOLD.step(state, evidence)
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
    time = sent_time({"timestamp": timestamp})
    (evidence,), _ = resolve([Observation("t", "l", time, "s", 0, Kind.ATTEMPT, "v", "i", (), 1.0)])
    fold.step(state, evidence)
    assert [row[0] for row in fold.drain(state)] == ["", day]
