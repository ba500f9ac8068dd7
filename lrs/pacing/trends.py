"""How a class went week by week: who was active, and how much was secure, from what was stored then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lrs.store.client import Store
from schemas.catalog import Catalog, Class
from schemas.days import DAY, day_name, day_of, monday_of, week_in_sql, week_of
from schemas.decision import MASTERED

WEEKS = 16  # that are shown

_ACTIVE = f"""
SELECT {week_in_sql("toInt64(toDate(key))")} AS week, uniqExact(learner) FROM engagement FINAL
WHERE tenant = %(tenant)s AND learner IN %(learners)s AND key != '' AND key >= %(since)s
GROUP BY week
"""
# By how many pairs of learner and skill what is secure grew in each week, by the last decision of each week.
_SECURE = f"""
SELECT week, sum(secure - before) FROM (
  SELECT week, secure, lagInFrame(secure, 1, toInt64(0)) OVER (
    PARTITION BY learner, skill ORDER BY week ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS before FROM (
    SELECT learner, skill, {week_in_sql(f"intDiv(since, {DAY})")} AS week,
      toInt64(argMax(decision IN %(mastered)s, since)) AS secure
    FROM decision_history FINAL
    WHERE tenant = %(tenant)s AND class = %(class)s AND learner IN %(learners)s AND skill IN %(skills)s
    GROUP BY learner, skill, week
  )
) GROUP BY week ORDER BY week
"""


class ClassWeek(NamedTuple):
    """A week of a class. active: learners who did anything; secure: of all learners and skills the share that was
    decided to be mastered at the end of the week, None before anything was decided."""

    monday: str
    active: int
    secure: float | None


def class_trends(
    store: Store, catalog: Catalog, tenant: str, class_: Class, skills: Sequence[str], now: int
) -> list[ClassWeek]:
    """The last weeks of a class on some of its skills, the first in which anything happened first; the last is not
    over. `now` is µs since the epoch. Raises what Store.tuples raises."""
    learners = tuple({catalog.people.member(member) for member in class_.learners})
    if not learners:
        return []
    this_week = week_of(day_of(now, ""))
    parameters = {"tenant": tenant, "class": class_.id, "learners": learners, "skills": tuple(skills) or ("",)}
    parameters |= {"mastered": tuple(MASTERED), "since": day_name(monday_of(this_week - WEEKS + 1))}
    active, changed = store.together([(_ACTIVE, parameters), (_SECURE, parameters)])
    return _weeks(dict(active), dict(changed), this_week, len(learners) * len(skills))


def _weeks(active: dict[int, int], changed: dict[int, int], this_week: int, pairs: int) -> list[ClassWeek]:
    first_week = min((week for week in (*active, *changed)), default=this_week)
    secure, weeks = 0, []
    for week in range(first_week, this_week + 1):
        secure += changed.get(week, 0)
        anything_decided = pairs and changed and week >= min(changed)
        share = secure / pairs if anything_decided else None
        weeks.append(ClassWeek(day_name(monday_of(week)), active.get(week, 0), share))
    return weeks[-WEEKS:]
