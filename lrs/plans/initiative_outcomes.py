"""Measure what an initiative changed: its outcome against its comparison, both as declared, or why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Missing
from lrs.plans.comparison import CountChange, Difference, NotComparable, against_before, against_others
from lrs.plans.initiatives import Sees, is_measurable, is_seen
from lrs.store.client import Store
from schemas.catalog import Catalog
from schemas.days import DAY, day_name, day_of, local_day
from schemas.plan_events import Declared, Initiative
from schemas.wording import worded, words_of

_ATTEMPTS = f"""
SELECT person, uniqExactIf((statement, ordinal), at < %(since)s), uniqExactIf((statement, ordinal), at >= %(since)s)
FROM (
    SELECT person, statement, ordinal, ifNull(toInt64(day), intDiv(time, {DAY})) AS at
    FROM observations FINAL {{join}}
    WHERE tenant = %(tenant)s AND person IN %(identities)s AND kind = 'attempt' {{only}}
) WHERE at >= %(before)s AND at < %(until)s GROUP BY person
"""
_MINUTES = """
SELECT learner, sumIf(minutes, key < %(since_day)s), sumIf(minutes, key >= %(since_day)s) FROM engagement FINAL
WHERE tenant = %(tenant)s AND learner IN %(persons)s AND key >= %(before_day)s AND key < %(until_day)s GROUP BY learner
"""
_DECIDED = """
FROM decision_history FINAL
WHERE tenant = %(tenant)s AND learner IN %(persons)s AND since < %(until)s {only}
"""
# What was decided at a moment is the last decision before it. Persons' words are left out: they may be hopes.
_MASTERED = f"""
SELECT learner, toFloat64(sum(middle) - sum(first)), toFloat64(sum(last) - sum(middle)) FROM (
    SELECT learner, skill, max(a) AS first, max(b) AS middle, max(c) AS last FROM (
        SELECT learner, skill, class,
            toInt32(argMaxIf(computed, since, since < %(before)s) IN ('advance', 'review')) AS a,
            toInt32(argMaxIf(computed, since, since < %(since)s) IN ('advance', 'review')) AS b,
            toInt32(argMax(computed, since) IN ('advance', 'review')) AS c
        {_DECIDED} GROUP BY learner, skill, class
    ) GROUP BY learner, skill
) GROUP BY learner
"""
_HELP = f"""
SELECT learner, uniqExactIf(skill, since < %(since)s), uniqExactIf(skill, since >= %(since)s)
{_DECIDED} AND since >= %(before)s AND computed = 'help' GROUP BY learner
"""
_ONLY = {"join": "ARRAY JOIN skills AS skill", "only": "AND skill IN %(skills)s"}
_EVERY = {"join": "", "only": ""}
_KEPT_SINCE = "SELECT count(), min(since) FROM decision_history WHERE tenant = %(tenant)s"
_EARLIER = """
SELECT count() FROM (
    SELECT 1 FROM observations WHERE tenant = %(tenant)s AND person IN %(identities)s AND time < %(before)s LIMIT 1
)
"""
_FIRST_CALENDAR_DAY = -719_162  # a span that is not over may be longer than what was before it
_FIGURE_NAMES = {
    "mastered": "skills mastered",
    "attempts": "attempts",
    "active minutes": "active minutes",
    "help": "skills on which help was called for",
}


class NoInitiative(Missing):
    """There is none of that id, or not for whoever asks."""

    def __init__(self) -> None:
        super().__init__(worded("there is no such initiative"))


class InitiativeSpan(NamedTuple):
    """Days since the epoch: the initiative's from `since` until before `until`, and as many, from `before` on."""

    before: int
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class InitiativeOutcomes:
    """Reads one store. Its method raises what the store and the log raise; it takes a while: not for an event loop."""

    store: Store
    catalogs: Catalogs
    now: Callable[[], int]

    def read(self, tenant: str, id_: str, sees: Sees) -> dict[str, Any]:
        """The outcome of an initiative, as JSON. Raises NoInitiative."""
        catalog = self.catalogs.latest(tenant)
        declared = catalog.planned.initiatives.get(id_)
        if declared is None or not is_seen(declared, catalog, sees):
            raise NoInitiative
        initiative, zone = declared.initiative, catalog.reading.zone
        span = _span(initiative)
        outcome: dict[str, Any] = {
            "id": initiative.id,
            "what": initiative.what,
            "outcome": initiative.outcome,
            "since": initiative.since,
            "until": initiative.until,
            "before": day_name(span.before),
            "comparison": initiative.comparison,
            "refused": None,
            "tried": None,
            "compared": None,
            "difference": None,
        }
        try:
            self._check(declared, zone)
            tried, compared = _groups(catalog, initiative)
            self._check_kept_since(tenant, catalog, initiative, tried | compared, span)
            counted = self._counted(tenant, catalog, initiative, [*tried, *compared], span)
            ours, theirs = (
                [counted.get(person, CountChange(0.0, 0.0)) for person in group] for group in (tried, compared)
            )
            difference = against_others(ours, theirs) if initiative.comparison == "classes" else against_before(ours)
            if not any(any(change) for change in counted.values()):
                raise NotComparable(worded("nothing was recorded of these learners, neither before nor then"))
        except NotComparable as error:
            return outcome | {"refused": words_of(error), "words": f"What it changed cannot be said: {error}."}
        return outcome | {
            "tried": _means(ours),
            "compared": _means(theirs) if initiative.comparison == "classes" else None,
            "difference": difference._asdict(),
            "words": _words(initiative, ours, theirs, difference),
        }

    def _check(self, declared: Declared, zone: str) -> None:
        """Raises NotComparable where it was declared too late, is not over, or asks for what is not counted."""
        initiative = declared.initiative
        if not is_measurable(declared, zone):
            when = day_name(day_of(declared.at, zone))
            raise NotComparable(
                worded(
                    "it was declared or changed on %(when)s, and not before its first day, %(since)s",
                    when=when,
                    since=initiative.since,
                )
            )
        if day_name(day_of(self.now(), zone)) < initiative.until:
            raise NotComparable(worded("it is not over before %(until)s", until=initiative.until))
        if initiative.outcome == "active minutes" and initiative.skills:
            raise NotComparable(worded("active minutes are not counted by skill"))

    def _check_kept_since(
        self, tenant: str, catalog: Catalog, initiative: Initiative, persons: Iterable[str], span: InitiativeSpan
    ) -> None:
        """Raises NotComparable where decisions were not kept yet when somebody had already begun to work."""
        if initiative.outcome not in ("mastered", "help"):
            return
        moment = _moment(span.before, catalog.reading.zone)
        [(decisions_kept, first_decision)] = self.store.tuples(_KEPT_SINCE, {"tenant": tenant})
        if decisions_kept and first_decision <= moment:
            return
        identities = tuple(i for person in persons for i in catalog.people.identities(person)) or ("",)
        [(earlier,)] = self.store.tuples(_EARLIER, {"tenant": tenant, "identities": identities, "before": moment})
        if earlier:
            before = day_name(span.before)
            if not decisions_kept:
                raise NotComparable(worded("decisions are not kept, and learners worked before %(day)s", day=before))
            raise NotComparable(
                worded(
                    "decisions are known only since %(since)s, and learners worked before %(day)s",
                    since=day_name(day_of(first_decision, catalog.reading.zone)),
                    day=before,
                )
            )

    def _counted(
        self, tenant: str, catalog: Catalog, initiative: Initiative, persons: list[str], span: InitiativeSpan
    ) -> Mapping[str, CountChange]:
        """By person; who is missing has nothing."""
        parameters: dict[str, Any] = {
            "tenant": tenant,
            "skills": list(initiative.skills),
            "persons": tuple(persons) or ("",),
        }
        skills = _ONLY if initiative.skills else _EVERY
        if initiative.outcome == "attempts":
            of = {identity: person for person in persons for identity in catalog.people.identities(person)}
            parameters |= span._asdict() | {"identities": tuple(of) or ("",)}
            counts: dict[str, CountChange] = {}
            for identity, before, during in self.store.tuples(_ATTEMPTS.format(**skills), parameters):
                counted = counts.get(of[identity], CountChange(0.0, 0.0))
                counts[of[identity]] = CountChange(counted.before + before, counted.during + during)
            return counts
        if initiative.outcome == "active minutes":
            parameters |= {f"{name}_day": day_name(day) for name, day in span._asdict().items()}
            query = _MINUTES
        else:
            parameters |= {name: _moment(day, catalog.reading.zone) for name, day in span._asdict().items()}
            query = _MASTERED if initiative.outcome == "mastered" else _HELP
        return {
            person: CountChange(before, during)
            for person, before, during in self.store.tuples(query.format(**skills), parameters)
        }


def _span(initiative: Initiative) -> InitiativeSpan:
    since, until = ((date.fromisoformat(day) - date(1970, 1, 1)).days for day in (initiative.since, initiative.until))
    before = since - (until - since)  # as many days before as it lasts
    return InitiativeSpan(max(_FIRST_CALENDAR_DAY, before), since, until)


def _moment(day: int, zone: str) -> int:
    """When a day begins in a zone, in µs since the epoch."""
    for time in (day * DAY + DAY // 2, day * DAY, (day + 1) * DAY):
        local = local_day(time, zone)
        if local is not None and local[0] == day:
            return local[1]
    return day * DAY


def _groups(catalog: Catalog, initiative: Initiative) -> tuple[set[str], set[str]]:
    """The persons it is tried with, and those they are compared with; who is in both is in neither."""
    people = catalog.people

    def members(classes: Iterable[str]) -> set[str]:
        return {people.member(m) for id_ in classes if id_ in catalog.classes for m in catalog.classes[id_].learners}

    tried, compared = members(initiative.classes), members(initiative.compared)
    return tried - compared, compared - tried


def _means(changes: list[CountChange]) -> dict[str, Any]:
    count = len(changes)
    before, during = (sum(column) / count for column in zip(*changes, strict=True))
    return {"learners": count, "before": before, "during": during}


def _words(initiative: Initiative, ours: list[CountChange], theirs: list[CountChange], difference: Difference) -> str:
    tried = _means(ours)
    other_change, compared_with = (
        (_means(theirs)["during"], "those compared with") if theirs else (tried["before"], "as many days before")
    )
    adjusted = ", adjusted for how the groups differed before" if difference.adjusted else ""
    certain = difference.low > 0.0 or difference.high < 0.0
    return " ".join(
        [
            f"{_FIGURE_NAMES[initiative.outcome].capitalize()}, of each learner: {tried['during']:.2f},",
            f"against {other_change:.2f} of {compared_with}.",
            f"That is {_count(difference.more)}, by the 95% interval between {_count(difference.low)}"
            f" and {_count(difference.high)}{adjusted}.",
            "Chance among learners does not explain it." if certain else "That may be chance.",
            "The classes were not drawn by lot: what else sets them apart counts, too."
            if theirs
            else "Whatever else changed since then counts, too.",
        ]
    )


def _count(more: float) -> str:
    return f"{abs(more):.2f} {'more' if more >= 0.0 else 'fewer'}"
