"""A wrong clock harms nobody: times are bounded by when statements were stored, and the sender's order stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.meaning.event_time import AHEAD, EARLIEST, moment
from processors.meaning.interpret import interpret
from schemas.catalog import Catalog
from schemas.observation import Observation
from schemas.reading import ReadingRules
from tests.support.statements import answered

STORED = "2026-03-02T09:00:00.000Z"
STORED_AT = moment(STORED)


def observed(timestamp: str, zone: str = "", **more: Any) -> Observation:
    catalog = Catalog()
    catalog.apply(ReadingRules(zone=zone), 0, 0)
    [observation] = interpret(answered(timestamp=timestamp, stored=STORED, **more), catalog, "t", 0, 0)
    return observation


@pytest.mark.parametrize(
    "timestamp", ["2026-03-02T09:05:01Z", "2099-01-01T00:00:00Z", "1989-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"]
)
def test_what_cannot_be_believed_is_read_as_when_it_was_stored(timestamp: str) -> None:
    observation = observed(timestamp)
    assert (observation.time, observation.sent) == (STORED_AT, moment(timestamp))


@pytest.mark.parametrize("timestamp", ["2026-03-02T09:05:00Z", "2026-03-02T08:59:00Z", "1990-01-01T00:00:00Z"])
def test_what_can_be_is_read_as_it_is(timestamp: str) -> None:
    observation = observed(timestamp)
    assert (observation.time, observation.sent) == (moment(timestamp), None)


@given(st.lists(st.integers(1, 10**9), min_size=2, unique=True), st.booleans())
def test_a_batch_of_a_wrong_clock_keeps_its_sequence(seconds: list[int], ahead: bool) -> None:
    start = datetime(2030, 1, 1, tzinfo=UTC) if ahead else datetime(1940, 1, 1, tzinfo=UTC)
    sent = [(start + timedelta(seconds=each)).isoformat() for each in sorted(seconds)]
    observations = [observed(each) for each in sent]
    assert sorted(observations, key=lambda o: o.order) == observations


@given(
    st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)),
    st.sampled_from(["", "Pacific/Pago_Pago", "Pacific/Kiritimati", "Europe/Berlin"]),
    st.sampled_from(["Z", "+14:00", "-14:00"]),
)
def test_no_time_is_refused_and_none_is_beyond_its_bounds(sent: datetime, zone: str, offset: str) -> None:
    observation = observed(sent.isoformat(timespec="microseconds") + offset, zone)
    assert EARLIEST <= observation.time <= STORED_AT + AHEAD
