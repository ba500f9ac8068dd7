"""One tenant's answers as arrays, from the history in ClickHouse."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrs.store.client import Store
from processors.mastery.answers import Answers, Ints, starts

# Names travel once; what is read for each answer is numbers.
_ANSWERS = """
FROM observations FINAL
WHERE tenant = %(tenant)s AND kind = 'attempt' AND isNotNull(outcome) AND by = '' AND notEmpty(skills)
"""
_ORDER = "ORDER BY learner, time, ifNull(sent, time), statement, ordinal"
_COLUMNS = f"""
SELECT cityHash64(learner), cityHash64(item), time, greatest(0, least(1, ifNull(share, assumeNotNull(outcome)))),
  length(arrayDistinct(skills))
{_ANSWERS} {_ORDER}
"""
_SKILLS = f"""
SELECT cityHash64(skill)
FROM (SELECT learner, time, sent, statement, ordinal, arrayDistinct(skills) AS taught {_ANSWERS})
ARRAY JOIN arrayEnumerate(taught) AS place, taught AS skill
{_ORDER}, place
"""
_ITEM_NAMES = f"SELECT DISTINCT cityHash64(item), item {_ANSWERS}"
_SKILL_NAMES = f"SELECT DISTINCT cityHash64(arrayJoin(skills) AS skill), skill {_ANSWERS}"


def read_history(store: Store, tenant: str) -> Answers:
    """Every judged answer of a tenant's learners on items with skills; nothing of any other tenant.

    Answers count by their part of the marks where it is known. What only resolving a learner's whole history tells
    (answers sent twice, after hints) is not distinguished here.

    Raises ValueError where there are none, and what Store.columns raises.
    """
    asked = {"tenant": tenant}
    columns = store.columns(_COLUMNS, asked)
    if not columns or not len(columns[0]):
        raise ValueError("no judged answers on items with skills")
    learner, item = (np.array(column, np.uint64) for column in columns[:2])
    items, item_names = _named(store, _ITEM_NAMES, asked, item)
    skill = np.array(store.columns(_SKILLS, asked)[0], np.uint64)
    skills, skill_names = _named(store, _SKILL_NAMES, asked, skill)
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


def _named(store: Store, sql: str, asked: dict[str, Any], found: Any) -> tuple[Ints, list[str]]:
    """Indexes into names, in the order of the names' hashes."""
    hashes, codes = np.unique(found, return_inverse=True)
    names = dict(store.tuples(sql, asked))
    return codes.astype(np.int64), [names[int(hash_)] for hash_ in hashes]
