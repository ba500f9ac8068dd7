"""Local days: far from UTC, on the nights when clocks change, and what is split by midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.folds.engagement import Engagement
from processors.meaning.person_history import on_local_day
from processors.meaning.resolve import resolve
from schemas.days import DAY, day_name, local_day
from schemas.observation import Kind, Observation

MINUTE = 60 * 1_000_000
EAST, WEST, BERLIN = "Pacific/Noumea", "America/Los_Angeles", "Europe/Berlin"  # UTC+11, UTC-8, and both changes
ZONES = [EAST, WEST, BERLIN, "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/Santiago"]


def at(text: str, zone: str) -> int:
    """µs since the epoch of a local time."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return round(local.timestamp() * 1e6)


def minutes(zone: str, *events: tuple[int, float]) -> dict[str, float]:
    """Active minutes by local day, of exposures that end at a time and lasted so many minutes."""
    history = [
        on_local_day(Observation("t", "l", time, f"s{n:02}", 0, Kind.EXPOSURE, "v", "i", duration=60 * length), zone)
        for n, (time, length) in enumerate(events)
    ]
    fold = Engagement()
    state = fold.start()
    for evidence in resolve(history)[0]:
        fold.step(state, evidence)
    column = 2 + fold.columns.index("minutes")
    return {row[0]: row[column] for row in fold.drain(state) if row[0]}


@pytest.mark.parametrize("zone", [EAST, WEST, BERLIN])
def test_a_duration_across_midnight_is_split_by_day(zone: str) -> None:
    minutes_by_day = minutes(zone, (at("2026-02-11T00:20:00", zone), 60))
    assert minutes_by_day == {"2026-02-10": 40.0, "2026-02-11": 20.0}


def test_the_day_of_utc_is_another() -> None:
    moment = at("2026-02-11T09:00:00", EAST)
    assert minutes("", (moment, 1)) == {"2026-02-10": 1.0}
    assert minutes(EAST, (moment, 1)) == {"2026-02-11": 1.0}
    assert minutes(WEST, (moment, 1)) == {"2026-02-10": 1.0}


@pytest.mark.parametrize(
    ("night", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)], ids=["clocks go forward", "clocks go back"]
)
def test_the_nights_when_clocks_change(night: str, hours: int) -> None:
    day = date.fromisoformat(night)
    begins, ends = (at(f"{midnight.isoformat()}T00:00:00", BERLIN) for midnight in (day, day + timedelta(days=1)))
    assert ends - begins == hours * 60 * MINUTE
    number = (day - date(1970, 1, 1)).days
    for time in range(begins, ends, 15 * MINUTE):
        assert local_day(time, BERLIN) == (number, begins)
    assert local_day(begins - 1, BERLIN) == (
        number - 1,
        at(f"{(day - timedelta(days=1)).isoformat()}T00:00:00", BERLIN),
    )
    # Five hours until the middle of the night's fifth hour: what was before midnight is of the day before.
    worked = minutes(BERLIN, (begins + 270 * MINUTE, 300))
    assert worked == {day_name(number - 1): 30.0, night: 270.0}


def test_both_passes_of_the_hour_that_comes_twice_are_of_one_day() -> None:
    first = round(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp() * 1e6)  # 02:30, and an hour later again
    assert minutes(BERLIN, (first, 10), (first + 60 * MINUTE, 10)) == {"2026-10-25": 20.0}


@given(st.sampled_from(ZONES), st.integers(0, 4_000_000_000), st.integers(1, 7 * 60))
def test_minutes_are_those_of_the_days_they_fall_on(zone: str, second: int, length: int) -> None:
    end = second * 1_000_000 + 400 * DAY
    minutes_by_day = minutes(zone, (end, length))
    expected: dict[str, int] = {}
    for n in range(length):
        moment = end - (n + 1) * MINUTE
        name = datetime.fromtimestamp(moment / 1e6, ZoneInfo(zone)).date().isoformat()
        expected[name] = expected.get(name, 0) + 1
    assert sum(minutes_by_day.values()) == pytest.approx(length)
    for name, count in expected.items():
        assert minutes_by_day[name] == pytest.approx(count, abs=1)  # a minute may lie across midnight


def test_the_idle_limit_is_what_the_policy_says() -> None:
    history = [Observation("t", "l", n * 20 * MINUTE, f"s{n}", 0, Kind.EXPOSURE, "v", "i") for n in range(3)]

    def active(idle: int) -> tuple[float, int]:
        evidence = resolve(history, idle * MINUTE)[0]
        return sum(length for e in evidence for _, length in e.active) / MINUTE, sum(e.session for e in evidence)

    assert active(30) == (40.0, 1)
    assert active(20) == (40.0, 1)
    assert active(19) == (0.0, 3)
