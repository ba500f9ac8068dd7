"""Learning: each kind of learner shows in the answers as it should."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean

import pytest

from lrs.simulator.pupil_practice import PupilEvent, sessions
from lrs.simulator.school import ITEMS, Pupil, PupilKind, requires

START = datetime(2026, 1, 5, tzinfo=UTC)
WEEKS = 6


def played(kind: PupilKind, number: int) -> list[list[PupilEvent]]:
    return list(sessions(Pupil("A Learner", "7a-01", kind), START, WEEKS, random.Random(number)))


def answers(kind: PupilKind, number: int) -> list[PupilEvent]:
    return [event for sitting in played(kind, number) for event in sitting if event.what == "answered"]


def mean_of(kind: PupilKind, measure: Callable[[list[PupilEvent]], float]) -> float:
    return mean(measure(answers(kind, number)) for number in range(20))


def right(found: list[PupilEvent]) -> float:
    return mean(event.right for event in found)


def skills_tried(found: list[PupilEvent]) -> float:
    return len({event.skill for event in found})


@pytest.mark.parametrize("kind", list(PupilKind))
def test_events_are_in_order_and_in_time(kind: PupilKind) -> None:
    for number in range(5):
        events = [event for sitting in played(kind, number) for event in sitting]
        assert all(a.at <= b.at for a, b in pairwise(events))
        assert events[0].at >= START
        assert events[-1].at < START + timedelta(weeks=WEEKS)


@pytest.mark.parametrize("kind", list(PupilKind))
def test_a_sitting_has_a_beginning_and_an_end(kind: PupilKind) -> None:
    for sitting in played(kind, 1):
        assert sitting[0].what == "initialized"
        assert [event.what for event in sitting[-2:]] == ["completed", "terminated"]
        assert len({event.skill for event in sitting}) == 1


def test_racers_get_further_than_strugglers() -> None:
    assert mean_of(PupilKind.RACER, skills_tried) > 2 * mean_of(PupilKind.STRUGGLER, skills_tried)
    assert mean_of(PupilKind.RACER, right) > mean_of(PupilKind.STRUGGLER, right) + 0.2


def test_guessers_are_quick_and_learn_little() -> None:
    assert mean_of(PupilKind.GUESSER, right) < mean_of(PupilKind.STEADY, right) - 0.1
    assert mean_of(PupilKind.GUESSER, lambda found: right(found[-50:]) - right(found[:50])) < 0.1
    assert mean_of(PupilKind.GUESSER, lambda found: max(event.seconds for event in found)) <= 15


def test_forgetters_go_over_the_same_skills_again() -> None:
    assert mean_of(PupilKind.FORGETTER, skills_tried) < 0.6 * mean_of(PupilKind.STEADY, skills_tried)


def test_practice_helps() -> None:
    assert mean_of(PupilKind.STEADY, lambda found: right(found[-50:]) - right(found[:30])) > 0.1


def test_drop_outs_stop_in_the_first_half() -> None:
    for number in range(20):
        events = answers(PupilKind.DROPOUT, number)
        assert not events or events[-1].at < START + timedelta(weeks=WEEKS / 2, days=1)


def test_hard_items_are_answered_wrong_more_often() -> None:
    found = [event for number in range(20) for event in answers(PupilKind.STEADY, number)]
    easy = right([event for event in found if event.item < ITEMS // 3])
    hard = right([event for event in found if event.item >= ITEMS - ITEMS // 3])
    assert easy > hard + 0.05


def test_a_skill_is_tried_after_what_it_requires() -> None:
    for number in range(5):
        tried: set[int] = set()
        for event in answers(PupilKind.RACER, number):
            assert set(requires(event.skill)) <= tried
            tried.add(event.skill)
