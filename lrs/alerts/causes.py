"""What is the case of a tenant's learners now that a person should know: from the tables and the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lrs.pacing.display_names import catalog_name
from lrs.pacing.drift import RECENT, class_drift
from lrs.pacing.long_unseen import long_unseen, read_last_seen
from lrs.pacing.put_off import PutOffNow
from lrs.pacing.reasons import Reason, because
from lrs.store.client import Store
from schemas.alerts import Alert, AlertKey, AlertKind, AlertReason
from schemas.catalog import Catalog, Class
from schemas.days import DAY
from schemas.decision import MASTERED

_NAMED = 20  # skills in a sentence
AT_ONCE = 3  # skills that need help, for intensive support; skills that are mastered, for enrichment
_NOT_BY_DECISIONS = (AlertKind.UNSEEN, AlertKind.DRIFTING)  # kinds that end when somebody is seen, or drifts no more
_MASTERED = ", ".join(f"'{decision}'" for decision in MASTERED)

# Nobody waits for these, and others do for their answers: one thread leaves a core free.
_HELP = """
SELECT class, learner, skill, reason, last_time FROM decisions FINAL
WHERE tenant = %(tenant)s AND class IN %(classes)s AND decision = 'help' AND computed = 'help'
ORDER BY class, learner, skill
SETTINGS max_threads = 1
"""
# Whose rows are there at all: of whom nothing is known, nothing is over.
_DECISIONS_KNOWN = """
SELECT class, learner, skill, decision, last_time FROM decisions FINAL
WHERE tenant = %(tenant)s AND class IN %(classes)s AND learner IN %(learners)s
"""
# What most of a class has begun is what it works on; that most have not mastered it is what makes being done with it
# worth a word.
_DONE = f"""
SELECT class, learner, count() AS skills, max(last_time), countIf(mastered * 2 < learners) AS ahead
FROM (
  SELECT class, learner, skill, decision, last_time FROM decisions FINAL
  WHERE tenant = %(tenant)s AND class IN %(classes)s
) AS one
INNER JOIN (
  SELECT class, skill, countIf(decision IN ({_MASTERED})) AS mastered, count() AS learners
  FROM decisions FINAL
  WHERE tenant = %(tenant)s AND class IN %(classes)s
  GROUP BY class, skill
  HAVING countIf(attempts > 0) * 2 >= learners
) AS worked USING (class, skill)
GROUP BY class, learner
HAVING skills >= %(skills)s AND countIf(decision NOT IN ({_MASTERED})) = 0 AND ahead > 0
SETTINGS max_threads = 1
"""


class _HelpRow(NamedTuple):
    """That a learner needs help with a skill; evidence: the time of the last answer (µs)."""

    class_id: str
    learner: str
    skill: str
    reason: str
    evidence: int


class _DoneRow(NamedTuple):
    """That a learner has mastered what a class works on; ahead: skills that most have not mastered yet."""

    class_id: str
    learner: str
    skills: int
    evidence: int
    ahead: int


@dataclass(slots=True)
class AlertCauses:
    """What is the case, and of what is known that it no longer is; of anything else nothing is known now."""

    found: dict[AlertKey, Alert] = field(default_factory=dict)
    over: dict[AlertKey, int] = field(default_factory=dict)  # with the newest evidence

    def add(
        self, kind: AlertKind, learner: str, about: str, class_id: str, evidence: int, *why: Reason, reason: str = ""
    ) -> None:
        """reason: what is said in English, where more is known than `why` has."""
        alert = Alert(
            what=kind,
            learner=learner,
            about=about,
            evidence=max(0, evidence),
            class_id=class_id,
            reason=(reason or " ".join(cause.say() for cause in why))[:1000],
            because=[AlertReason(code=cause.code, values=dict(cause.values)) for cause in why],
        )
        self.found.setdefault(alert.key, alert)


def causes_of(store: Store, catalog: Catalog, tenant: str, now: int, drifts: bool) -> AlertCauses:
    """What is the case at `now` (µs); whether anybody drifts only where `drifts`. Raises what the store raises."""
    causes = AlertCauses()
    classes = list(catalog.classes.values())
    members = _members_of(catalog)
    if not classes:
        _find_left(causes, catalog, members)
        return causes
    parameters = {"tenant": tenant, "classes": tuple(class_.id for class_ in classes), "skills": AT_ONCE}
    # Rows of who left a class are there for a moment longer.
    help_rows, done_rows = store.tuples(_HELP, parameters), store.tuples(_DONE, parameters)
    helped = [
        help_row for help_row in (_HelpRow(*row) for row in help_rows) if help_row.learner in members[help_row.class_id]
    ]
    put_off = PutOffNow(catalog, now)
    _add_help(
        causes,
        catalog,
        [help_row for help_row in helped if not put_off.of(help_row.learner, help_row.skill, help_row.evidence)],
    )
    for done in (_DoneRow(*row) for row in done_rows):
        if done.learner in members[done.class_id]:
            why = because("is_done", skills=done.skills, ahead=done.ahead)
            causes.add(AlertKind.ENRICHMENT, done.learner, done.class_id, done.class_id, done.evidence, why)
    _add_unseen(causes, store, catalog, tenant, classes, members, now, put_off)
    if drifts:
        for class_ in classes:
            _add_drifting(causes, store, catalog, tenant, class_, now)
    _find_over(causes, store, catalog, parameters)
    _find_left(causes, catalog, members)
    return causes


def _add_help(causes: AlertCauses, catalog: Catalog, rows: Sequence[_HelpRow]) -> None:
    several: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for class_id, learner, skill, reason, evidence in rows:
        why = because("needs_help", name=catalog_name(catalog, skill))  # the table has the reason in English alone
        causes.add(AlertKind.HELP, learner, skill, class_id, evidence, why, reason=reason)
        several.setdefault((class_id, learner), []).append((skill, evidence))
    for (class_id, learner), skills_in_need in several.items():
        if len(skills_in_need) >= AT_ONCE:
            names = [catalog_name(catalog, skill) for skill, _ in skills_in_need[:_NAMED]]
            more = ["…"] if len(skills_in_need) > _NAMED else []
            evidence = max(time for _, time in skills_in_need)
            why = because("needs_much_help", num=len(skills_in_need), names=names + more)
            causes.add(AlertKind.INTENSIVE, learner, class_id, class_id, evidence, why)


def _add_unseen(
    causes: AlertCauses,
    store: Store,
    catalog: Catalog,
    tenant: str,
    classes: Sequence[Class],
    members: Mapping[str, Sequence[str]],
    now: int,
    put_off: PutOffNow,
) -> None:
    last_seen = read_last_seen(
        store, tenant, {person for class_members in members.values() for person in class_members}
    )
    open_ = {key for key in catalog.alerts.open if key.what is AlertKind.UNSEEN}
    for class_ in classes:
        days = catalog.policies.of(class_, "").policy.stale_after
        limit = now - round(days * DAY)
        persons = members[class_.id]
        seen = {person: last_seen.get(person, 0) for person in persons}
        unseen = long_unseen(seen, days, now)
        for person, last in seen.items():
            key = AlertKey(AlertKind.UNSEEN, person, class_.id)
            if person in unseen and not put_off.of(person, "", last):
                since = sum(other > last for other in seen.values())
                why = because("unseen", num=unseen[person], share=since / len(persons))
                causes.add(AlertKind.UNSEEN, person, class_.id, class_.id, last, why)
            elif key in open_ and last > limit:
                causes.over[key] = last - 1  # from then on they may be unseen again


def _add_drifting(causes: AlertCauses, store: Store, catalog: Catalog, tenant: str, class_: Class, now: int) -> None:
    today = now // DAY * DAY  # evidence of days: within RECENT of them it is the same drift
    drifters = class_drift(store, catalog, tenant, class_.id, now)
    for drifter in drifters:
        why = (Reason(**reason) for reason in drifter["because"])
        causes.add(AlertKind.DRIFTING, drifter["person"], class_.id, class_.id, today, *why)
    drifting = {drifter["person"] for drifter in drifters}
    for key in catalog.alerts.open:
        if key.what is AlertKind.DRIFTING and key.about == class_.id and key.learner not in drifting:
            causes.over[key] = today + RECENT * DAY


def _members_of(catalog: Catalog) -> dict[str, list[str]]:
    """The persons of each class."""
    people = catalog.people
    return {class_.id: list(dict.fromkeys(map(people.member, class_.learners))) for class_ in catalog.classes.values()}


def _find_left(causes: AlertCauses, catalog: Catalog, members: Mapping[str, Sequence[str]]) -> None:
    """End the alerts of whoever left a class, or whose class is gone."""
    for key, alert in catalog.alerts.open.items():
        if key not in causes.found and alert.learner not in members.get(alert.class_id, ()):
            causes.over[key] = alert.evidence


def _find_over(causes: AlertCauses, store: Store, catalog: Catalog, parameters: dict[str, Any]) -> None:
    """End the alerts that follow from decisions, where the decisions are known and are others now."""
    gone = [key for key in catalog.alerts.open if key not in causes.found and key not in causes.over]
    gone = [key for key in gone if key.what not in _NOT_BY_DECISIONS]
    if not gone:
        return
    rows = store.tuples(_DECISIONS_KNOWN, parameters | {"learners": tuple({key.learner for key in gone})})
    by_skill: dict[tuple[str, str], int] = {}
    by_class: dict[tuple[str, str], dict[str, int]] = {}
    for class_id, learner, skill, _, evidence in rows:
        by_skill[learner, skill] = max(evidence, by_skill.get((learner, skill), 0))
        by_class.setdefault((learner, class_id), {})[skill] = evidence
    for key in gone:
        if key.what is AlertKind.HELP:
            if (key.learner, key.about) in by_skill:
                causes.over[key] = by_skill[key.learner, key.about]
            continue
        class_ = catalog.classes.get(key.about)
        evidence_by_skill = by_class.get((key.learner, key.about), {})
        if class_ is not None and evidence_by_skill.keys() >= set(class_.skills):
            causes.over[key] = max(evidence_by_skill.values(), default=0)


def skill_of(alert: Alert) -> str:
    """The skill that an alert is about; "" where it is about all of a class."""
    return alert.about if alert.what is AlertKind.HELP else ""


def names_of_members(catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    """The person, key and name of every member of a class."""
    people = catalog.people
    for class_ in catalog.classes.values():
        for member in class_.learners:
            yield people.member(member), member.learner, member.name
