"""What a statement was read as, and which rows it moved: its observations, and what they changed for its learners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lrs.store.client import Store
from schemas.days import DAY, day_name
from schemas.people import People
from schemas.wording import worded
from schemas.xapi.actor import identity


class ReadObservation(NamedTuple):
    """An observation, as the history holds it. `learner`: the key by which the statement names them."""

    statement: str
    learner: str
    time: int
    ordinal: int
    kind: str
    item: str
    skills: list[str]
    outcome: float | None
    share: float | None
    duration: float | None
    session: str
    attempt: str
    by: str
    assistance: str
    provisional: bool
    day: int | None


class MovedRow(NamedTuple):
    """A row of a projection that an observation counts in. Of mastery: the estimate before and after it, as far as the
    row says."""

    projection: str  # mastery or engagement
    learner: str  # the id of the person
    key: str  # a skill, or a day as YYYY-MM-DD
    says: str
    before: float | None = None
    after: float | None = None


_OBSERVATIONS_OF_STATEMENT = f"""
SELECT {", ".join(ReadObservation._fields)} FROM observations FINAL
WHERE tenant = %(tenant)s AND person IN %(identities)s AND statement IN %(ids)s
ORDER BY statement, learner, time, ordinal
"""
_MASTERY = """
SELECT learner, key, attempts, curve_times, curve FROM mastery FINAL
WHERE tenant = %(tenant)s AND learner IN %(persons)s AND key IN %(skills)s
"""
_DAYS = """
SELECT learner, key, attempts, minutes FROM engagement FINAL
WHERE tenant = %(tenant)s AND learner IN %(persons)s AND key IN %(days)s
"""


def read_as(store: Store, tenant: str, ids: Sequence[str], learners: Sequence[str]) -> list[ReadObservation]:
    """The observations of statements, about some learners. Raises what Store.tuples raises."""
    if not (ids and learners):
        return []
    parameters = {"tenant": tenant, "ids": tuple(ids), "identities": tuple({identity(learner) for learner in learners})}
    return [ReadObservation(*row) for row in store.tuples(_OBSERVATIONS_OF_STATEMENT, parameters)]


def rows_moved(store: Store, people: People, tenant: str, observations: Sequence[ReadObservation]) -> list[MovedRow]:
    """The rows that observations count in, in the observations' order. Raises what Store.tuples raises."""
    if not observations:
        return []
    person_of = {observation.learner: people.person(observation.learner) for observation in observations}
    parameters: dict[str, Any] = {
        "tenant": tenant,
        "persons": tuple(set(person_of.values())),
        "skills": tuple({skill for observation in observations for skill in observation.skills}) or ("",),
        "days": tuple({_day_of_observation(observation) for observation in observations}),
    }
    mastery, days = store.together([(_MASTERY, parameters), (_DAYS, parameters)])
    rows = {(learner, skill): (attempts, times, curve) for learner, skill, attempts, times, curve in mastery}
    active = {(learner, day): (attempts, minutes) for learner, day, attempts, minutes in days}
    moved: dict[MovedRow, None] = {}
    for observation in observations:
        person = person_of[observation.learner]
        for skill in observation.skills if observation.outcome is not None else ():
            moved[_skill(observation, person, skill, rows.get((person, skill)))] = None
        day = _day_of_observation(observation)
        if (of_day := active.get((person, day))) is not None:
            says = worded(
                "attempts of the day: %(attempts)s, active minutes: %(minutes)s",
                attempts=of_day[0],
                minutes=round(of_day[1]),
            )
            moved[MovedRow("engagement", person, day, says)] = None
    return list(moved)


def _skill(
    observation: ReadObservation, person: str, skill: str, row: tuple[int, list[int], list[float]] | None
) -> MovedRow:
    if row is None:
        return MovedRow("mastery", person, skill, worded("no row yet: it is not folded, or no answer counts"))
    attempts, times, curve = row
    if observation.time in times:
        at = len(times) - 1 - times[::-1].index(observation.time)
        number = attempts - len(times) + at + 1
        before = curve[at - 1] if at else None
        return MovedRow(
            "mastery",
            person,
            skill,
            worded("answer %(number)s of %(all)s", number=number, all=attempts),
            before,
            curve[at],
        )
    if times and observation.time < times[0] and attempts > len(times):
        return MovedRow(
            "mastery",
            person,
            skill,
            worded("among the first %(number)s of %(all)s answers", number=attempts - len(times), all=attempts),
        )
    return MovedRow(
        "mastery",
        person,
        skill,
        worded(
            "not counted as an attempt: a repeated report, a later correction, help was used, or a total of its parts"
        ),
    )


def _day_of_observation(observation: ReadObservation) -> str:
    return day_name(observation.time // DAY if observation.day is None else observation.day)
