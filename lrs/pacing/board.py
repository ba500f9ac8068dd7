"""The board of a class and the page of a learner, from rows and catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lrs.catalog.person_names import person_names
from lrs.catalog.versions import active_weights
from lrs.errors import Missing
from lrs.pacing.attention import count_learners, counts_as
from lrs.pacing.decide import MasteryRow
from lrs.pacing.display_names import activity_names, catalog_name, skill_names
from lrs.pacing.engagement_rows import (
    ENGAGEMENT_ROWS,
    NO_WEEK,
    WEEK,
    WEEK_ROWS,
    EngagementRow,
    WeekRow,
    current_streak,
    day_back,
    day_cell,
    earliest,
    minutes_of_week,
)
from lrs.pacing.long_unseen import LAST_SEEN
from lrs.pacing.mastery_rows import EVIDENCE, Kept, kept_of, windows
from lrs.pacing.policies import policy_of
from lrs.pacing.put_off import PutOffNow
from lrs.pacing.sequence import Sequenced, decide_all
from lrs.store.client import Store
from processors.folds.mastery import Mastery
from schemas.catalog import Catalog, Class, Member
from schemas.decision import Decision
from schemas.people import People
from schemas.wording import worded

LEARNER_PAGE_DAYS = 42  # days of a learner's page

_MASTERY = f"""
SELECT learner, key, {EVIDENCE}
FROM mastery FINAL
WHERE tenant = %(tenant)s AND learner IN %(learners)s AND key IN %(skills)s
"""
_LEARNER_SEEN = "SELECT 1 FROM learners WHERE tenant = %(tenant)s AND person IN %(identities)s LIMIT 1"


class NotInCatalog(Missing):
    """The catalog has no such class, or there is no data about the learner."""

    def __init__(self) -> None:
        super().__init__(worded("there is no such class or learner"))


def class_board(reader: Store, catalog: Catalog, tenant: str, class_id: str, now: int) -> dict[str, Any]:
    """A class's learners × skills with decisions, as JSON. `now` and all times are µs since the epoch.

    Raises NotInCatalog, and what Store.tuples raises.
    """
    if class_id not in catalog.classes:
        raise NotInCatalog
    return class_boards(reader, catalog, tenant, [catalog.classes[class_id]], now)[0]


def class_boards(
    reader: Store, catalog: Catalog, tenant: str, classes: Sequence[Class], now: int, in_english: bool = True
) -> list[dict[str, Any]]:
    """The boards of several classes, with as many queries as one needs. in_english: with reasons as sentences, which a
    page says in its own language."""
    people = catalog.people
    week: dict[str, Any] = {"since_day": earliest(now, WEEK)}
    class_rows = _KnownOfClasses(reader, catalog, tenant, classes, now, [(WEEK_ROWS, week)])
    weeks = {learner: WeekRow(*values) for learner, *values in class_rows.others[0]}
    put_off = PutOffNow(catalog, now)
    boards = []
    for c in classes:
        counts = dict.fromkeys((str(d) for d in Decision), 0)
        rows = []
        units: set[str] = set()
        for person, member, name, rows_of, decided in class_rows.decided_in(c):
            cells = [
                _cell(catalog, s, rows_of.get(s), decided[s], class_rows.called, put_off, person, in_english)
                for s in c.skills
            ]
            for cell in cells:
                counts[cell["decision"]] += 1
                if cell["provisional"]:
                    units.add(cell["skill"])
            week_row = weeks.get(person, NO_WEEK)
            zone = people.zone(person)
            rows.append(
                {
                    "learner": member.learner,
                    "person": person,
                    "name": name,
                    "last_seen": week_row.last_seen or None,
                    "put_off": put_off.of(person, "", week_row.last_seen),
                    "minutes_week": minutes_of_week(zip(week_row.days, week_row.minutes, strict=True), now, zone),
                    "streak": current_streak(week_row.streak, week_row.last_seen, now, zone),
                    "decision": counts_as(cells),
                    "cells": cells,
                }
            )
        boards.append(
            {
                "class": {"id": c.id, "name": c.name or c.id},
                "skills": [
                    {
                        "id": s,
                        "name": class_rows.called[s],
                        "provisional": s in units,
                        **_narrower_policy(catalog, c, s),
                    }
                    for s in c.skills
                ],
                "learners": rows,
                "counts": counts,
                "everybody": count_learners(rows),
                "policy": _policy(catalog, c),
            }
        )
    return boards


def boards_for_groups(
    reader: Store, catalog: Catalog, tenant: str, classes: Sequence[Class], now: int
) -> list[dict[str, Any]]:
    """The boards of several classes with no more than groups are formed by: that is most of the work spared."""
    class_rows = _KnownOfClasses(reader, catalog, tenant, classes, now, [(LAST_SEEN, {})])
    last_seen: dict[str, int] = dict(class_rows.others[0])
    return [
        {
            "class": {"id": c.id, "name": c.name or c.id},
            "skills": [{"id": s, "name": class_rows.called[s], **_narrower_policy(catalog, c, s)} for s in c.skills],
            "learners": [
                {
                    "learner": member.learner,
                    "person": person,
                    "name": name,
                    "last_seen": last_seen.get(person),
                    "cells": [_cell_for_groups(s, decided[s], rows_of.get(s)) for s in c.skills],
                }
                for person, member, name, rows_of, decided in class_rows.decided_in(c)
            ],
            "policy": _policy(catalog, c),
        }
        for c in classes
    ]


def _cell_for_groups(skill: str, sequenced: Sequenced, row: MasteryRow | None) -> dict[str, Any]:
    decided = sequenced.decided
    cell: dict[str, Any] = {
        "skill": skill,
        "estimate": decided.estimate,
        "decision": decided.decision,
        "overruled": decided.overruled,
        "next_skill": {"id": sequenced.leads} if sequenced.leads else None,
        "evidence": decided.evidence if decided.decision == Decision.HELP or decided.prerequisites else {},
    }
    if decided.decision == Decision.HELP:  # whose evidence is said in a line
        cell |= {"because": decided.because._asdict(), "days_since": decided.days_since}
        cell["attempts"] = row.attempts if row else 0
    return cell


class _KnownOfClasses:
    """What is known of the members of classes, by few queries, and what is decided of them. others: more queries about
    the same learners, asked meanwhile."""

    def __init__(
        self,
        reader: Store,
        catalog: Catalog,
        tenant: str,
        classes: Sequence[Class],
        now: int,
        others: Sequence[tuple[str, Mapping[str, Any]]] = (),
    ) -> None:
        self._catalog, self._now = catalog, now
        people = catalog.people
        self._members = {c.id: _class_members(people, c) for c in classes}
        learners = tuple({person for class_members in self._members.values() for person in class_members})
        skills = _with_prerequisites(catalog, (skill for c in classes for skill in c.skills))
        learner_parameters: dict[str, Any] = {"tenant": tenant, "learners": learners}
        # A list may not be empty in SQL; no skill has the empty name.
        rows = {**learner_parameters, **windows(catalog.policy), "skills": tuple(skills) or ("",)}
        self.others: list[list[tuple[Any, ...]]] = [[] for _ in others]
        self._evidence: dict[str, dict[str, MasteryRow]] = {}
        if learners:
            *self.others, mastered = reader.together(
                [
                    *((sql, {**learner_parameters, **read_parameters}) for sql, read_parameters in others),
                    (_MASTERY, rows),
                ]
            )
            for person, skill, *values in mastered:
                if skill:
                    self._evidence.setdefault(person, {})[skill] = MasteryRow(*values)
        nameless = {
            person
            for class_members in self._members.values()
            for person, member in class_members.items()
            if not member.name
        }
        self._names = person_names(reader, people, tenant, nameless)
        self.called = skill_names(reader, catalog, tenant, {s for c in classes for s in c.skills})

    def decided_in(
        self, class_: Class
    ) -> Iterator[tuple[str, Member, str, Mapping[str, MasteryRow], Mapping[str, Sequenced]]]:
        """Of each member of a class: the person, how the class has them, the name, the evidence, and what is decided of
        the skills of the class."""
        policy = policy_of(self._catalog, [class_])
        for person, member in self._members[class_.id].items():
            rows = self._evidence.get(person, {})
            decided = decide_all(
                self._catalog, person, class_.skills, rows, self._now, [class_.skills], self.called, policy
            )
            yield person, member, member.name or self._names.get(person) or member.learner, rows, decided


def learner_page(
    reader: Store,
    catalog: Catalog,
    tenant: str,
    learner: str,
    now: int,
    kept_rows: Mapping[str, Kept] | None = None,
) -> dict[str, Any]:
    """One person's skills with curves, and engagement by local day, as JSON. Times are µs since the epoch.

    `learner` is a key of the person's, or the person's id. kept_rows: what kept_of gives of the person, where that
    is known already. Raises NotInCatalog, and what Store.tuples raises.
    """
    people = catalog.people
    person = people.person(learner)
    zone = people.zone(person)
    parameters: dict[str, Any] = {"tenant": tenant, "learner": person, "identities": people.identities(person)}
    parameters["since_day"] = day_back(now, LEARNER_PAGE_DAYS, zone)
    if kept_rows is None:
        kept_rows = kept_of(reader, Mastery(active_weights(catalog)), catalog.policy, tenant, [person])
    own_rows = kept_rows.get(person)
    evidence, curves = (own_rows.evidence, own_rows.curves) if own_rows else ({}, {})
    days = {key: EngagementRow(*values) for key, *values in reader.tuples(ENGAGEMENT_ROWS, parameters)}
    taking = people.classes.get(person, ())
    classes = {c.id: (c, m) for c in taking for m in c.learners if people.member(m) == person}
    if not (evidence or days or classes or reader.tuples(_LEARNER_SEEN, parameters)):
        raise NotInCatalog

    all_days = days.pop("", None)
    taught = dict.fromkeys(s for c, _ in classes.values() for s in c.skills)
    overruled = [skill for overruled_for, skill in catalog.overrulings if overruled_for == person]
    called = skill_names(reader, catalog, tenant, {*taught, *evidence, *overruled})
    skills = list(taught | dict.fromkeys(sorted({*evidence, *overruled}, key=lambda s: called[s])))
    items = {skill: mastery_row.item for skill, mastery_row in evidence.items() if mastery_row.item}
    names = activity_names(reader, catalog, tenant, set(items.values()))
    policy, put_off = policy_of(catalog, taking), PutOffNow(catalog, now)
    decided = decide_all(catalog, person, skills, evidence, now, [c.skills for c in taking], called, policy)
    return {
        "learner": learner,
        "person": person,
        "known_as": [identity for identity in people.identities(person) if identity != person],
        "name": person_names(reader, people, tenant, [person]).get(person) or learner,
        "classes": [{"id": c.id, "name": c.name or c.id} for c, _ in classes.values()],
        "last_seen": all_days.last_seen if all_days else None,
        "streak": current_streak(all_days.streak, all_days.last_seen, now, zone) if all_days else 0,
        "best_streak": all_days.best_streak if all_days else 0,
        "active_days": all_days.days if all_days else 0,
        "minutes_week": minutes_of_week(((day, row.minutes) for day, row in days.items()), now, zone),
        "skills": [
            {
                **_cell(catalog, skill, evidence.get(skill), decided[skill], called, put_off, person),
                "name": called[skill],
                "computed": decided[skill].decided.computed,
                "computed_reason": decided[skill].decided.computed_reason,
                "computed_because": decided[skill].decided.computed_because._asdict(),
                "last_item": names[items[skill]] if skill in items else None,
                "next_item": curves[skill].next_item if skill in curves else None,
                "curve": curves[skill].points() if skill in curves else [],
            }
            for skill in skills
        ],
        "days": [
            day_cell(day, days.get(day))
            for day in (day_back(now, back, zone) for back in range(LEARNER_PAGE_DAYS, 0, -1))
        ],
        "zone": zone or "UTC",
        "policy": _policy(catalog, taking[0] if taking else None),
    }


def _class_members(people: People, class_: Class) -> dict[str, Member]:
    """The members of a class by person: one for each, however many keys of a person's the class has."""
    members: dict[str, Member] = {}
    for member in class_.learners:
        person = people.member(member)
        if person not in members or (member.name and not members[person].name):
            members[person] = member
    return members


def _cell(
    catalog: Catalog,
    skill: str,
    row: MasteryRow | None,
    sequenced: Sequenced,
    called: Mapping[str, str],
    put_off: PutOffNow,
    person: str,
    in_english: bool = True,
) -> dict[str, Any]:
    decided = sequenced.decided

    def named_skill(skill_id: str) -> dict[str, str]:
        return {"id": skill_id, "name": called.get(skill_id) or catalog_name(catalog, skill_id)}

    return {
        "skill": skill,
        "provisional": bool(row and row.provisional and skill not in catalog.skills),
        "mastery": row.mastery if row else None,
        "estimate": decided.estimate,
        "low": decided.low,
        "high": decided.high,
        "attempts": row.attempts if row else 0,
        "wins": row.wins if row else 0,
        "trend": row.trend if row else None,
        "days_since": None if decided.days_since is None else round(decided.days_since, 2),
        "decision": decided.decision,
        "urgency": round(decided.urgency, 4),
        **({"reason": decided.reason} if in_english else {}),
        "because": decided.because._asdict(),
        "evidence": decided.evidence,
        "overruled": decided.overruled and {**decided.overruled, "computed": decided.computed},
        "put_off": put_off.of(person, skill, row.last_time if row else 0),
        "next_skill": named_skill(sequenced.leads) if sequenced.leads else None,
        "blocked_by": [named_skill(skill_id) for skill_id in sequenced.blocked],
        "blocked_more": sequenced.blocked_more,
        "order_assumed": sequenced.assumed,
    }


def _policy(catalog: Catalog, class_: Class | None, skill: str = "") -> dict[str, Any]:
    policy, version = catalog.policies.of(class_, skill)
    return {**policy.model_dump(exclude={"kind", "by"}), "version": version}


def _narrower_policy(catalog: Catalog, class_: Class, skill: str) -> dict[str, Any]:
    """The policy of a skill of a class, where it is not the class's."""
    if not catalog.policies.narrowed:
        return {}
    same = catalog.policies.of(class_, skill).policy == catalog.policies.of(class_, "").policy
    return {} if same else {"policy": _policy(catalog, class_, skill)}


def _with_prerequisites(catalog: Catalog, skills: Iterable[str]) -> set[str]:
    return {required_skill for skill in skills for required_skill in (skill, *catalog.required(skill))}
