"""Learning: each kind of learner shows in the answers as it should."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean

import pytest

from lrs.simulator.pupil_practice import MOST_ANSWERS, PupilEvent, practice_sessions
from lrs.simulator.school import ITEMS_OF_A_SKILL, Pupil, PupilKind, requires

START = datetime(2026, 1, 5, tzinfo=UTC)
WEEKS = 6


def played(kind: PupilKind, number: int) -> list[list[PupilEvent]]:
    return list(practice_sessions(Pupil("A Learner", "7a-01", kind), START, WEEKS, random.Random(number)))


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
    assert mean_of(PupilKind.RACER, skills_tried) > 1.8 * mean_of(PupilKind.STRUGGLER, skills_tried)
    assert mean_of(PupilKind.RACER, right) > mean_of(PupilKind.STRUGGLER, right) + 0.2


def test_guessers_are_quick_and_learn_little() -> None:
    assert mean_of(PupilKind.GUESSER, right) < mean_of(PupilKind.STEADY, right) - 0.1
    assert mean_of(PupilKind.GUESSER, lambda found: right(found[-50:]) - right(found[:50])) < 0.1
    assert mean_of(PupilKind.GUESSER, lambda found: max(event.seconds for event in found)) <= 15


def test_forgetters_go_over_the_same_skills_again() -> None:
    assert mean_of(PupilKind.FORGETTER, skills_tried) < 0.75 * mean_of(PupilKind.STEADY, skills_tried)


def test_practice_helps() -> None:
    """Within a skill: the next one is new, so that over all skills little changes."""
    gains = []
    for number in range(20):
        by_skill: dict[int, list[PupilEvent]] = {}
        for event in answers(PupilKind.STEADY, number):
            by_skill.setdefault(event.skill, []).append(event)
        gains += [right(found[-8:]) - right(found[:8]) for found in by_skill.values() if len(found) >= 20]
    assert mean(gains) > 0.1


def test_skills_are_practised_as_often_as_in_a_class() -> None:
    """Never hundreds of times; and whoever does not master a skill goes on with the class."""
    counts = [
        count
        for kind in PupilKind
        for number in range(20)
        for count in Counter(event.skill for event in answers(kind, number)).values()
    ]
    assert max(counts) <= MOST_ANSWERS == 60
    assert mean(count >= 10 for count in counts) > 0.9
    for number in range(20):
        assert skills_tried(answers(PupilKind.STRUGGLER, number)) >= 3


def test_everybody_has_better_and_worse_weeks() -> None:
    """Of the same learner with a skill that is known well, a week differs from the others by more than by chance."""
    spread = []
    for number in range(40):
        weeks: dict[int, list[bool]] = {}
        for event in answers(PupilKind.STEADY, number):
            weeks.setdefault((event.at - START).days // 7, []).append(event.right)
        shares = [(mean(found), len(found)) for found in weeks.values() if len(found) > 20]
        p = mean(share for share, _ in shares)
        spread.append(mean((share - p) ** 2 / (p * (1 - p) / count) for share, count in shares))
    assert mean(spread) > 1.25  # 1 would be chance alone


def test_drop_outs_stop_in_the_first_half() -> None:
    for number in range(20):
        events = answers(PupilKind.DROPOUT, number)
        assert not events or events[-1].at < START + timedelta(weeks=WEEKS / 2, days=1)


def test_hard_items_are_answered_wrong_more_often() -> None:
    found = [event for number in range(20) for event in answers(PupilKind.STEADY, number)]
    easy = right([event for event in found if event.item < ITEMS_OF_A_SKILL // 3])
    hard = right([event for event in found if event.item >= ITEMS_OF_A_SKILL - ITEMS_OF_A_SKILL // 3])
    assert easy > hard + 0.05


def test_a_skill_is_tried_after_what_it_requires() -> None:
    for number in range(5):
        tried: set[int] = set()
        for event in answers(PupilKind.RACER, number):
            assert set(requires(event.skill)) <= tried
            tried.add(event.skill)
