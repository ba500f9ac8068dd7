"""A large school in parts that are planned one by one, each with its share of rooms and adults. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from lrs.timetabling.day import DayToPlan, PlannedLearner
from schemas.timetable import Adult, Room

MOST_IN_BLOCK = 120  # learners of a block


def blocks(day: DayToPlan) -> Iterator[DayToPlan]:
    """The parts. Sections stay together where they are small enough; the parts follow from the whole roster, so that
    an absence changes nobody else's. Rooms and adults are shared out where most places are wanted."""
    parts = list(_parts(sorted(day.learners, key=lambda learner: (learner.section, learner.id))))
    if len(parts) <= 1:
        yield day
        return
    rooms: list[list[Room]] = [[] for _ in parts]
    adults: list[list[Adult]] = [[] for _ in parts]
    for room in sorted(day.rooms, key=lambda each_room: (-each_room.places, each_room.id)):
        wanting = [len(part) - sum(r.places for r in rooms[n]) for n, part in enumerate(parts)]
        rooms[wanting.index(max(wanting))].append(room)
    for adult in sorted(day.adults, key=lambda each_adult: (each_adult.starts, each_adult.ends, each_adult.id)):
        load = [(len(rooms[n]) + len(part) / MOST_IN_BLOCK) / (1 + len(adults[n])) for n, part in enumerate(parts)]
        adults[load.index(max(load))].append(adult)
    for n, part in enumerate(parts):
        names = {learner.id for learner in part}
        apart = [pair for pair in day.apart if names.issuperset(pair)]
        yield replace(day, learners=part, rooms=rooms[n], adults=adults[n], apart=apart)


def _parts(learners: Iterable[PlannedLearner]) -> Iterator[list[PlannedLearner]]:
    part: list[PlannedLearner] = []
    for _, section in groupby(learners, key=lambda learner: learner.section):
        members = list(section)
        if part and len(part) + len(members) > MOST_IN_BLOCK:
            yield part
            part = []
        part += members
        while len(part) > MOST_IN_BLOCK:
            yield part[:MOST_IN_BLOCK]
            part = part[MOST_IN_BLOCK:]
    if part:
        yield part
