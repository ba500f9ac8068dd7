"""Alerts as a fold: once for a cause, whoever watches and however often."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import AGAIN, KEPT, Alert, AlertEvent, AlertKind, AlertOver, Alerts, WatchingAlerts
from schemas.catalog import CHANGE, CHANGES


def alert(evidence: int, learner: str = "ada", quiet: bool = False) -> Alert:
    return Alert(
        what=AlertKind.HELP, learner=learner, about="halves", evidence=evidence, class_id="7b", reason="r", quiet=quiet
    )


def over(evidence: int, learner: str = "ada") -> AlertOver:
    return AlertOver(what=AlertKind.HELP, learner=learner, about="halves", evidence=evidence)


def folded(*events: AlertEvent) -> Alerts:
    alerts = Alerts()
    for at, event in enumerate(events):
        alerts.apply(event, at)
    return alerts


def told(alerts: Alerts) -> list[tuple[str, int]]:
    return [(raised.alert.learner, raised.alert.evidence) for raised in alerts.after(0)]


EVENTS = st.one_of(
    st.builds(alert, st.integers(0, 5), st.sampled_from(("ada", "ben")), st.booleans()),
    st.builds(over, st.integers(0, 5), st.sampled_from(("ada", "ben"))),
    st.just(WatchingAlerts()),
)


@given(st.lists(EVENTS, max_size=20), st.data())
def test_what_is_said_again_changes_nothing(events: list[AlertEvent], data: st.DataObject) -> None:
    """Two who watch may both append what they saw, one after the other."""
    at = data.draw(st.integers(0, len(events)))
    alerts: list[AlertEvent] = [past_event for past_event in events[:at] if isinstance(past_event, Alert)]
    event = data.draw(st.sampled_from(alerts or [WatchingAlerts()]))
    assert told(folded(*events[:at], event, *events[at:])) == told(folded(*events))


@given(st.lists(EVENTS, max_size=20))
def test_nobody_is_told_twice_of_the_same_evidence(events: list[AlertEvent]) -> None:
    causes = told(folded(*events))
    assert len(causes) == len(set(causes))
    assert [raised.number for raised in folded(*events).after(0)] == list(range(1, len(causes) + 1))


def test_only_newer_evidence_raises_it_again() -> None:
    assert told(folded(alert(0), alert(1), over(0), alert(1))) == [("ada", 0)]  # a second watcher says the same late
    assert told(folded(alert(1), alert(2))) == [("ada", 1)]  # it is the case still
    assert told(folded(alert(1), over(3), alert(3), alert(1))) == [("ada", 1)]
    assert told(folded(alert(1), over(3), alert(4))) == [("ada", 1), ("ada", 4)]
    assert told(folded(alert(1, quiet=True), alert(2))) == []


def test_what_comes_back_soon_is_the_same_need() -> None:
    alerts = folded(alert(1), over(2))
    assert alerts.is_back(alert(3).key, AGAIN)
    assert not alerts.is_back(alert(3).key, AGAIN + 1)
    assert not alerts.is_back(alert(3, "ben").key, 0)


def test_the_last_are_kept() -> None:
    alerts = folded(*(alert(1, f"l{number}") for number in range(KEPT + 3)))
    assert [raised.number for raised in alerts.after(0)][::KEPT] == [4]
    assert [raised.number for raised in alerts.after(KEPT + 1)] == [KEPT + 2, KEPT + 3]
    assert [raised.number for raised in alerts.since(KEPT + 2)] == [KEPT + 3]


@pytest.mark.parametrize("event", [alert(1), over(2), WatchingAlerts()], ids=lambda event: event.kind)
def test_it_is_an_event_of_the_log_that_nobody_sends(event: AlertEvent) -> None:
    assert CHANGE.validate_json(event.model_dump_json()) == event
    with pytest.raises(ValueError, match="kind"):
        CHANGES.validate_json(f"[{event.model_dump_json()}]")
