"""A school, its classes and its skills as rows: who works, what is begun and mastered, who needs help, how fresh it is.

Counted from the table of decisions, so that five thousand learners are one query and not five thousand boards. Nothing
here compares teachers: classes are in the order of the catalog.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lrs.pacing.display_names import skill_names
from lrs.store.client import Store
from schemas.catalog import Catalog, Class
from schemas.days import DAY
from schemas.decision import MASTERED, Decision

WEEK = 7 * DAY

_RANKS = ", ".join(f"'{decision}'" for decision in Decision)
_STANDING = f"""
SELECT class, rank, count() FROM (
  SELECT class, learner, min(indexOf([{_RANKS}], toString(decision))) AS rank
  FROM decisions FINAL
  WHERE tenant = %(tenant)s AND class IN %(classes)s
  GROUP BY class, learner
)
GROUP BY class, rank
"""
_SKILLS = """
SELECT class, skill, countIf(attempts > 0), countIf(decision IN %(mastered)s), countIf(decision = 'help'),
  countIf(decision = 'advance' AND since >= %(since)s AND last_time >= %(since)s)
FROM decisions FINAL
WHERE tenant = %(tenant)s AND class IN %(classes)s
GROUP BY class, skill
"""
_LEARNERS_LAST_SEEN = "SELECT learner, last_seen FROM engagement FINAL WHERE tenant = %(tenant)s AND key = ''"
_UNTAUGHT = """
SELECT count() FROM observations FINAL
WHERE tenant = %(tenant)s AND outcome IS NOT NULL AND item != '' AND (empty(skills) OR provisional)
"""


class Counts(NamedTuple):
    """Of a class and a skill: how many began it, have mastered it, need help with it, and mastered it this week."""

    begun: int
    mastered: int
    help: int
    this_week: int


def school_rows(store: Store, catalog: Catalog, tenant: str, classes: Sequence[Class], now: int) -> dict[str, Any]:
    """The rows of classes and of their skills, and how many answers teach no skill, as JSON. `now`: µs since the epoch.

    A skill is covered by a class when at least half of it began it. Raises what Store.tuples raises.
    """
    parameters = {"tenant": tenant, "classes": tuple(c.id for c in classes) or ("",), "since": now - WEEK}
    parameters["mastered"] = tuple(map(str, MASTERED))
    ranked, counted, last_seen, untaught = store.together(
        [(_STANDING, parameters), (_SKILLS, parameters), (_LEARNERS_LAST_SEEN, parameters), (_UNTAUGHT, parameters)]
    )
    order = list(Decision)
    standing: dict[str, dict[str, int]] = {}
    for class_, rank, learners in ranked:
        if rank:
            standing.setdefault(class_, {})[str(order[rank - 1])] = learners
    counts: dict[str, dict[str, Counts]] = {}
    for class_, skill, *numbers in counted:
        counts.setdefault(class_, {})[skill] = Counts(*numbers)
    needs = {(alert.class_id, alert.need) for alert in catalog.alerts.open.values() if not alert.quiet}
    alerts = Counter(class_id for class_id, _ in needs)
    last_times, member = dict(last_seen), catalog.people.member
    # Once: a school has as many members as learners, but each of them for every skill of a class again.
    members = {c.id: {member(learner) for learner in c.learners} for c in classes}
    rows = []
    for c in classes:
        persons = members[c.id]
        times = [last_times[person] for person in persons if last_times.get(person)]
        active = sum(time >= now - WEEK for time in times)
        of_class, of_skills = standing.get(c.id, {}), counts.get(c.id, {})
        unknown = len(persons) - sum(of_class.values())  # nothing is decided of them yet
        rows.append(
            {
                "id": c.id,
                "name": c.name or c.id,
                "learners": len(persons),
                "active": active,
                "unseen": len(persons) - active,
                "mastered": sum(skill_counts.this_week for skill_counts in of_skills.values()),
                "skills": len(c.skills),
                "covered": sum(2 * of_skills[s].begun >= len(persons) for s in c.skills if s in of_skills and persons),
                "alerts": alerts[c.id],
                "everybody": {str(d): of_class.get(str(d), 0) + unknown * (d == Decision.UNKNOWN) for d in Decision},
                "last_seen": max(times, default=None),
            }
        )
    taught = _taught(classes)
    names = skill_names(store, catalog, tenant, taught)
    sizes = {id_: len(its) for id_, its in members.items()}
    return {"rows": rows, "skills": _skills(taught, names, sizes, counts), "untaught": untaught[0][0]}


def _taught(classes: Sequence[Class]) -> dict[str, list[str]]:
    """By skill, in teaching order: the classes that teach it."""
    taught: dict[str, list[str]] = {}
    for c in classes:
        for skill in dict.fromkeys(c.skills):
            taught.setdefault(skill, []).append(c.id)
    return taught


def _skills(
    taught: Mapping[str, Sequence[str]],
    names: Mapping[str, str],
    sizes: Mapping[str, int],
    counts: Mapping[str, Mapping[str, Counts]],
) -> list[dict[str, Any]]:
    """The skills that classes teach; who learns one in two classes counts in both. sizes: of classes, in learners."""
    rows = []
    for skill, by in taught.items():
        class_counts = [counts[id_][skill] for id_ in by if skill in counts.get(id_, {})]
        begun, mastered, in_need, _ = map(sum, zip(*class_counts, strict=True)) if class_counts else (0, 0, 0, 0)
        rows.append(
            {
                "id": skill,
                "name": names[skill],
                "classes": len(by),
                "learners": sum(sizes[id_] for id_ in by),
                "begun": begun,
                "mastered": mastered,
                "help": in_need,
            }
        )
    return rows
