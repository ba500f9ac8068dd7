"""One tenant's answers as arrays, from the history in ClickHouse: what they count for is what folds would be given.

Of most learners every answer was reported once, alone and unaided: those are read as arrays. Whoever has anything
that only the whole history tells (regrades, answers sent twice, hints, parts and wholes, several identities) is
resolved as for a fold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from lrs.store.client import Store
from processors.mastery.answers import Answer, Answers, Ints, from_log, join_answers, starts
from processors.mastery.worth import worth
from processors.meaning.resolve import Undigested, resolve
from processors.meaning.resolve.repeats import WINDOW
from processors.stages.learner_history import read_histories
from schemas.evidence import Evidence
from schemas.observation import Kind, Observation
from schemas.people import People

LEARNERS = 200  # resolved at a time: bounds the memory their histories take

_TRIED = """(kind = 'attempt' OR
  (kind IN ('score', 'completion', 'session', 'exposure') AND (isNotNull(outcome) OR isNotNull(share))))"""
# Whoever has an observation that may be more than one answer, or none; a test holds this to what resolve does.
_ENTANGLED = f"""
SELECT person
FROM (
  SELECT person, kind, assistance, mode, by, attempt, outcome, share, item, parents, {_TRIED} AS tried,
    row_number() OVER same AS nth, time - lagInFrame(time) OVER same AS since
  FROM observations FINAL
  WHERE tenant = %(tenant)s
  WINDOW same AS (PARTITION BY person, item, {_TRIED} ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
GROUP BY person
HAVING countIf(mode != '' OR (kind = 'help' AND assistance != '')
    OR (tried AND (kind != 'attempt' OR by != '' OR attempt != '' OR isNull(outcome)))
    OR (tried AND nth > 1 AND since <= {WINDOW})) > 0
  OR hasAny(groupUniqArrayIf(item, tried), groupUniqArrayArrayIf(parents, tried))
ORDER BY person
"""
# Names travel once; what is read for each answer is numbers.
_ANSWERS = """
FROM observations FINAL
WHERE tenant = %(tenant)s AND person NOT IN %(entangled)s
  AND kind = 'attempt' AND isNotNull(outcome) AND notEmpty(arrayFilter(s -> s != '', skills))
"""
_ORDER = "ORDER BY person, time, ifNull(sent, time), statement, ordinal"
_TAUGHT = "arrayDistinct(arrayFilter(s -> s != '', skills))"
_HISTORY_COLUMNS = f"""
SELECT cityHash64(person), cityHash64(item), time, greatest(0, least(1, ifNull(share, assumeNotNull(outcome)))),
  length({_TAUGHT})
{_ANSWERS} {_ORDER}
"""
_SKILLS = f"""
SELECT cityHash64(skill)
FROM (SELECT person, time, sent, statement, ordinal, {_TAUGHT} AS taught {_ANSWERS})
ARRAY JOIN arrayEnumerate(taught) AS place, taught AS skill
{_ORDER}, place
"""
_ITEM_NAMES = f"SELECT DISTINCT cityHash64(item), item {_ANSWERS}"
_SKILL_NAMES = f"SELECT DISTINCT cityHash64(arrayJoin({_TAUGHT}) AS skill), skill {_ANSWERS}"
_IDENTITIES = "SELECT DISTINCT person FROM observations WHERE tenant = %(tenant)s ORDER BY person"
_TENANTS = "SELECT DISTINCT tenant FROM observations WHERE kind = 'attempt' AND notEmpty(skills) ORDER BY tenant"
_LEARNERS = """
SELECT person FROM observations WHERE tenant = %(tenant)s AND kind = 'attempt' AND notEmpty(skills)
GROUP BY person ORDER BY cityHash64(person)
"""


def answering_tenants(store: Store) -> list[str]:
    """Whose learners have answered on items with skills."""
    return [row[0] for row in store.tuples(_TENANTS, {})]


def read_history(store: Store, tenant: str, people: People) -> Answers:
    """Every answer of a tenant's learners on items with skills, as evidence counts it; nothing of any other tenant.

    Whoever is one person by a roster, or by what people said, is one learner, as for the folds. Raises ValueError where
    there are none, and what Store.columns raises.
    """
    identities: dict[str, list[str]] = {}
    for (identity,) in store.tuples(_IDENTITIES, {"tenant": tenant}):
        identities.setdefault(people.person(identity), []).append(identity)
    entangled = {people.person(row[0]) for row in store.tuples(_ENTANGLED, {"tenant": tenant})}
    entangled |= {person for person, its in identities.items() if len(its) > 1}
    apart = [identity for person in sorted(entangled) for identity in identities[person]]
    alone = _read_alone(store, {"tenant": tenant, "entangled": apart or [""]})
    parts = [*([alone] if alone else []), *_read_resolved(store, tenant, people, sorted(entangled))]
    if not parts:
        raise ValueError("no judged answers on items with skills")
    return parts[0] if len(parts) == 1 else join_answers(parts)


def _read_alone(store: Store, parameters: dict[str, Any]) -> Answers | None:
    columns = store.columns(_HISTORY_COLUMNS, parameters)
    if not columns or not len(columns[0]):
        return None
    learner, item = (np.array(column, np.uint64) for column in columns[:2])
    items, item_names = _numbered_names(store, _ITEM_NAMES, parameters, item)
    skill = np.array(store.columns(_SKILLS, parameters)[0], np.uint64)
    skills, skill_names = _numbered_names(store, _SKILL_NAMES, parameters, skill)
    begins = np.flatnonzero(np.diff(learner, prepend=~learner[:1]))
    rows = starts(np.array(columns[4], np.int64))
    if rows[-1] != len(skills):
        raise ValueError("answers arrived while they were read: try again")
    return Answers(
        np.append(begins, len(learner)).astype(np.int64),
        items,
        np.array(columns[3], np.float64),
        np.array(columns[2], np.int64),
        rows,
        skills,
        item_names,
        skill_names,
    )


def _numbered_names(store: Store, sql: str, parameters: dict[str, Any], column: Any) -> tuple[Ints, list[str]]:
    """Indexes into names, in the order of the names' hashes."""
    hashes, codes = np.unique(column, return_inverse=True)
    names = dict(store.tuples(sql, parameters))
    return codes.astype(np.int64), [names[int(hash_)] for hash_ in hashes]


def learners_of(store: Store, tenant: str, people: People, most: int) -> list[str]:
    """A tenant's learners, by the id of the person: all of them, or as many as are asked for, drawn by hash."""
    rows = store.tuples(_LEARNERS, {"tenant": tenant})
    return list(dict.fromkeys(people.person(row[0]) for row in rows))[:most]


def read_learners(
    store: Store, tenant: str, people: People, learners: Sequence[str]
) -> Iterator[tuple[str, list[tuple[int, Answer]]]]:
    """Some persons' answers with their times, as evidence counts them; nobody without any."""
    for start in range(0, len(learners), LEARNERS):
        some = [(tenant, learner) for learner in learners[start : start + LEARNERS]]
        histories = read_histories(store, some, {tenant: people})
        for _, learner in some:
            if answers := _counted(histories.get((tenant, learner), [])):
                yield learner, answers


def _read_resolved(store: Store, tenant: str, people: People, learners: list[str]) -> Iterator[Answers]:
    learner_answers = read_learners(store, tenant, people, learners)
    while some := list(islice(learner_answers, LEARNERS)):
        log = [(learner, [answer for _, answer in answers]) for learner, answers in some]
        yield from_log(log, [[time for time, _ in answers] for _, answers in some])


def _counted(observations: list[Observation]) -> list[tuple[int, Answer]]:
    """One learner's answers that are evidence, with their times, as the fold of mastery takes them."""
    timed_answers = []
    for evidence in _evidence(observations):
        if evidence.kind is Kind.ATTEMPT and evidence.outcome is not None:
            skills = tuple(dict.fromkeys(skill for skill in evidence.skills if skill))
            value = worth(evidence) if skills else None
            if value is not None:
                timed_answers.append((evidence.time, (evidence.item, skills, value)))
    return timed_answers


def _evidence(observations: list[Observation]) -> list[Evidence]:
    while True:
        try:
            return resolve(observations)[0]
        except Undigested as error:  # a dead letter, as it is for the folds
            observations = [o for o in observations if o.order != error.order]
