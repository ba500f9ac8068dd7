"""Who of a class is unlikely to finish, with reasons and how many days are left, by weights fitted to other courses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import exp
from typing import Any

from lrs.pacing.board import NotInCatalog
from lrs.pacing.finishing_signs import FinishingSigns, WorkDone, class_signs
from lrs.store.client import Store
from schemas.catalog import Catalog, Class
from schemas.days import DAY, day_of

# Fitted on the presentations of 2013 of OULAD (CC BY 4.0): `python -m benchmarks.unlikely --oulad FOLDER --weights`.
WEIGHTS: Mapping[str, float] = {
    "always": -0.31,
    "missing": 2.951,
    "nothing done": 0.223,
    "latest missing": 0.936,
    "behind in results": -0.11,
    "results": -1.497,
    "no results": 0.559,
    "missing, of much": 1.352,
    "latest missing, of much": -0.014,
    "results, of much": -0.372,
    "late": -0.243,
    "latest at most": -0.087,
    "late last": -0.09,
    "late at all": 0.683,
    "last result": 0.134,
    "behind in the last result": 0.35,
    "change of results": -0.318,
    "worst result": -0.23,
    "spread of results": -0.107,
    "failed a piece": 0.068,
    "nearly failed a piece": 0.198,
    "ahead": -0.671,
    "missing, by results": 1.342,
    "missing, by late": -0.158,
    "results, squared": -0.097,
    "results, by late": -0.128,
}
FITTED = (
    "courses of 2013 of the Open University (OULAD), where 4 in 10 failed or withdrew. In other courses the order "
    "carries over better than the chance does."
)
LISTED = 0.6  # chance from which somebody is listed
SPAN = 180  # days of work that are looked at, where a class does not say when it starts
_BEHIND = 0.05  # results from which it is a reason

_WORK = """
SELECT person, item, min(time), argMaxIf(ifNull(share, outcome), (time, statement), NOT isNull(ifNull(share, outcome)))
FROM observations FINAL
WHERE tenant = %(tenant)s AND person IN %(identities)s AND time >= %(since)s AND time <= %(now)s
  AND kind IN ('attempt', 'score', 'completion') AND item != '' AND mode = ''
GROUP BY person, item
ORDER BY item, person
"""


def unlikely_chance(of: FinishingSigns) -> float:
    """That somebody with these signs fails or leaves, in the courses that the weights were fitted to."""
    return 1.0 / (1.0 + exp(-sum(WEIGHTS[name] * value for name, value in of.features.items())))


def unlikely_reasons(of: FinishingSigns) -> list[str]:
    """What speaks for it, in words."""
    reasons = []
    if of.missing:
        latest = ", the latest among them" if of.latest_missing else ""
        reasons.append(
            f"{of.missing} of the {of.due} pieces of work that most of the class has done are missing{latest}."
        )
    if of.results is None:
        reasons.append("No result is known yet.")
    elif of.results <= -_BEHIND:
        reasons.append(f"Results are {-100 * of.results:.0f} points under the class's, on the same work.")
    return reasons


def class_unlikely(store: Store, catalog: Catalog, tenant: str, class_id: str, now: int) -> dict[str, Any]:
    """Those of a class who are unlikely to finish, the least likely first, as JSON. `now` is µs since the epoch.

    judged: of how many members enough is known to say anything. Raises NotInCatalog, and what Store.tuples raises.
    """
    class_ = catalog.classes.get(class_id)
    if class_ is None:
        raise NotInCatalog
    people = catalog.people
    members = {
        people.member(member): member for member in sorted(class_.learners, key=lambda member: bool(member.name))
    }
    work = _work(store, catalog, tenant, class_, list(members), now)
    signs = class_signs(work, DAY)
    listed = sorted(
        ((unlikely_chance(its), person, its) for person, its in signs.items() if unlikely_chance(its) >= LISTED),
        key=lambda unlikely_learner: (-unlikely_learner[0], unlikely_learner[1]),
    )
    return {
        "class": {"id": class_.id, "name": class_.name or class_.id},
        "members": len(members),
        "judged": len(signs),
        "days_left": _days_left(class_, now),
        "fitted": FITTED,
        "unlikely": [
            {
                "learner": members[person].learner,
                "person": person,
                "name": members[person].name or members[person].learner,
                "chance": at,
                "reasons": unlikely_reasons(its),
                **{name: getattr(its, name) for name in ("due", "missing", "latest_missing", "results")},
            }
            for at, person, its in listed
        ],
    }


def _work(
    store: Store, catalog: Catalog, tenant: str, class_: Class, persons: list[str], now: int
) -> dict[str, dict[str, WorkDone]]:
    owner = {identity: person for person in persons for identity in catalog.people.identities(person)}
    starts = _day_number(class_.starts)
    since = now - SPAN * DAY if starts is None else starts * DAY
    parameters = {"tenant": tenant, "identities": tuple(owner) or ("",), "since": since, "now": now}
    work: dict[str, dict[str, WorkDone]] = {person: {} for person in persons}
    for identity, item, time, result in store.tuples(_WORK, parameters):
        its = work[owner[identity]]
        earlier_work = its.get(item)  # by another of the person's keys
        its[item] = WorkDone(
            time if earlier_work is None else min(time, earlier_work.time),
            earlier_work.result if result is None and earlier_work is not None else result,
        )
    return work


def _days_left(class_: Class, now: int) -> int | None:
    ends = _day_number(class_.ends)
    return None if ends is None else max(0, ends - day_of(now, ""))


def _day_number(text: str) -> int | None:
    """Days since the epoch; None of what is no date."""
    try:
        return (date.fromisoformat(text) - date(1970, 1, 1)).days
    except ValueError:
        return None
