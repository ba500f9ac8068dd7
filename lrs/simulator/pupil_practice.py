"""How simulated learners learn: practice raises mastery, time lowers it, guesses and slips add noise, and everybody has
better and worse weeks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from lrs.simulator.school import ITEMS_OF_A_SKILL, Pupil, PupilKind, difficulty, requires, skills


@dataclass(frozen=True, slots=True)
class Habit:
    """gain: share of what is missing that a right answer adds; forget: share lost a day; work: chance a school day."""

    gain: float
    forget: float
    guess: float
    work: float
    answers: int  # a session
    longest: float = 90  # seconds for an answer


HABITS = {
    PupilKind.STEADY: Habit(0.16, 0.006, 0.15, 0.85, 8),
    PupilKind.RACER: Habit(0.22, 0.004, 0.15, 0.95, 11),
    PupilKind.STRUGGLER: Habit(0.012, 0.015, 0.10, 0.8, 7),
    PupilKind.FORGETTER: Habit(0.16, 0.045, 0.15, 0.75, 8),
    PupilKind.GUESSER: Habit(0.001, 0.010, 0.38, 0.85, 9, longest=15),
    PupilKind.DROPOUT: Habit(0.13, 0.010, 0.15, 0.8, 7),
    PupilKind.OFFLINE: Habit(0.16, 0.006, 0.15, 0.8, 8),
}
SLIP = 0.03
FORM = 0.06  # by how much a week differs from that before: of what a learner knows, and of what practice adds
WORST_FORM = 0.2
FEWEST_LAST, MOST_ANSWERS = 35, 60  # on a skill: between these a learner goes on with the class, mastered or not
READY = 0.92  # a learner goes on to the next skill above it


@dataclass(frozen=True, slots=True)
class PupilEvent:
    """Something a learner did with a skill; the keys of statements' verbs say what."""

    what: str
    at: datetime
    skill: int
    item: int = 0
    right: bool = False
    seconds: float = 0.0


def practice_sessions(pupil: Pupil, start: datetime, weeks: int, draw: random.Random) -> Iterator[list[PupilEvent]]:
    """What a learner does, a list for each sitting, in order of time."""
    habit = HABITS[pupil.kind]
    before = 0.05 if pupil.kind == PupilKind.STRUGGLER else 0.25
    mastery = [before + 0.2 * draw.random() for _ in range(skills())]
    answers_left = [draw.randint(FEWEST_LAST, MOST_ANSWERS)] * skills()
    form = 0.0
    last_day = 7 * weeks if pupil.kind != PupilKind.DROPOUT else draw.randint(2, max(3, 7 * weeks // 2))
    for day in range(last_day):
        mastery = [max(0.1, k * (1 - habit.forget)) for k in mastery]
        if day % 7 == 0:
            form = min(WORST_FORM, max(-WORST_FORM, form + draw.gauss(0, FORM)))
        date = start + timedelta(days=day)
        at_school = date.weekday() < 5 and draw.random() < habit.work
        at_home = draw.random() < 0.15
        for hour, sits in ((8 + draw.randint(0, 4), at_school), (16 + draw.randint(0, 3), at_home)):
            skill = _next_skill(mastery, answers_left, draw)
            if sits and skill is not None:
                at = date + timedelta(hours=hour, seconds=draw.randint(0, 3000))
                events = _sitting(habit, mastery, skill, answers_left[skill], form, at, draw)
                answers_left[skill] -= sum(event.what == "answered" for event in events)
                yield events


def _sitting(
    habit: Habit, mastery: list[float], skill: int, most: int, form: float, at: datetime, draw: random.Random
) -> list[PupilEvent]:
    """form: how good a week it is, about 0; most: answers that are left of the skill."""
    events = [PupilEvent("initialized", at, skill)]
    if mastery[skill] < 0.5:
        seconds = draw.uniform(90, 400)
        at += timedelta(seconds=seconds)
        events.append(PupilEvent(draw.choice(("watched", "experienced")), at, skill, seconds=seconds))
        mastery[skill] += habit.gain * (1 - mastery[skill])
    if draw.random() < 0.1:
        events.append(PupilEvent("selected", at + timedelta(seconds=1), skill))
    for _ in range(min(most, max(3, round(draw.gauss(habit.answers, 2))))):
        seconds = draw.uniform(0.1, 1) * habit.longest
        at += timedelta(seconds=seconds)
        item = draw.randrange(ITEMS_OF_A_SKILL)
        knows = min(1.0, max(0.0, mastery[skill] + form * mastery[skill] - difficulty(item)))
        right = draw.random() < knows * (1 - SLIP) + (1 - knows) * habit.guess
        events.append(PupilEvent("answered", at, skill, item, right, seconds))
        mastery[skill] += (habit.gain if right else habit.gain / 3) * (1 + 2 * form) * (1 - mastery[skill])
    if draw.random() < 0.12:
        at += timedelta(seconds=5)
        events.append(PupilEvent("commented", at, skill, right=draw.random() < 0.7))
    at += timedelta(seconds=3)
    events.append(PupilEvent("completed", at, skill))
    events.append(PupilEvent("terminated", at + timedelta(seconds=2), skill))
    return events


def _next_skill(mastery: list[float], answers_left: list[int], draw: random.Random) -> int | None:
    """The first skill that is not mastered and whose prerequisites are, or were left behind; now and then an old one.
    answers_left: answers that are left of each skill. None: there is nothing left to practise."""
    ready = [
        n
        for n in range(len(mastery))
        if answers_left[n] and all(mastery[r] > 0.6 or not answers_left[r] for r in requires(n))
    ]
    open_ = [n for n in ready if mastery[n] < READY]
    old = [n for n in ready if answers_left[n] < max(answers_left)]
    if old and (not open_ or draw.random() < 0.08):
        return draw.choice(old)
    return open_[0] if open_ else None
