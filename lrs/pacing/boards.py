"""Boards and learners' pages as JSON, each with how fresh it is. The API and the web pages answer with the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from lrs.catalog.catalogs import AcceptedChange
from lrs.catalog.versions import active_weights
from lrs.pacing.answers import answers_of, answers_on, said_before
from lrs.pacing.board import NotInCatalog, class_boards, learner_page
from lrs.pacing.choose import ANYTHING, Preferences
from lrs.pacing.curve import WeekOfMastery, mastery_by_week
from lrs.pacing.curve_events import events_of
from lrs.pacing.mastery_rows import Kept, kept_of
from lrs.pacing.measured_minutes import RecentMinutes
from lrs.pacing.next_items import next_items
from lrs.pacing.provisional import adoption, provisional_class, provisional_classes
from lrs.pacing.recent_names import RecentNames
from lrs.pacing.school import school_rows
from lrs.pacing.trends import ClassWeek, class_trends
from lrs.pacing.unlikely import class_unlikely
from lrs.store.client import Store
from lrs.store.recent_states import RecentStates
from processors.folds.mastery import Mastery
from schemas.catalog import Catalog, Change, Class

Sees = Callable[[Class | None], bool]  # of a class; None: of those that appeared, which nobody confirmed yet


def _all(_: Class | None) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Boards:
    """Reads one store. Every method raises what the store and the log raise; they take a while: not for an event loop.

    changes are those that made a tenant's catalog, in order; freshness gives `position`, `behind` (records) and
    `age_seconds`; now is µs since the epoch.
    """

    store: Store
    catalog: Callable[[str], Catalog]
    changes: Callable[[str], Sequence[AcceptedChange]]
    freshness: Callable[[], dict[str, Any]]
    now: Callable[[], int]
    recent_states: RecentStates | None = None
    recent_minutes: RecentMinutes = field(default_factory=RecentMinutes)
    recent_names: RecentNames = field(default_factory=RecentNames)  # where an answer is asked for often

    def list_classes(self, tenant: str, sees: Sees = _all) -> dict[str, list[dict[str, Any]]]:
        """The tenant's classes that somebody sees, each with how many learners and skills it has, and those that
        appeared from statements."""
        catalog = self.catalog(tenant)
        return {
            "classes": [
                {"id": c.id, "name": c.name or c.id, "learners": len(c.learners), "skills": len(c.skills)}
                for c in catalog.classes.values()
                if sees(c)
            ],
            "provisional": self._provisional(tenant, catalog, self.now(), sees),
        }

    def adopt(self, tenant: str, provisional: str, class_id: str, name: str) -> list[Change]:
        """The changes that make a provisional class one of the catalog. Raises NotInCatalog."""
        changes = adoption(self.store, self.catalog(tenant), tenant, provisional, class_id, name)
        if not changes:
            raise NotInCatalog
        return changes

    def read_all(self, tenant: str, sees: Sees = _all) -> dict[str, Any]:
        """The school: all classes that somebody sees, a row each."""

        def read(catalog: Catalog, now: int) -> dict[str, Any]:
            classes = [class_ for class_ in catalog.classes.values() if sees(class_)]
            return {
                **school_rows(self.store, catalog, tenant, classes, now),
                "provisional": self._provisional(tenant, catalog, now, sees),
            }

        return self._fresh(tenant, read)

    def _provisional(self, tenant: str, catalog: Catalog, now: int, sees: Sees) -> list[dict[str, Any]]:
        return (
            [class_row._asdict() for class_row in provisional_classes(self.store, catalog, tenant, now)]
            if sees(None)
            else []
        )

    def read_class(self, tenant: str, class_id: str, in_english: bool = True) -> dict[str, Any]:
        """The board of a class, with or without its reasons as sentences. Raises NotInCatalog."""

        def read(catalog: Catalog, now: int) -> dict[str, Any]:
            in_catalog = catalog.classes.get(class_id)
            class_ = in_catalog or provisional_class(self.store, catalog, tenant, class_id)
            if class_ is None:
                raise NotInCatalog
            [board] = class_boards(self.store, catalog, tenant, [class_], now, in_english)
            if in_catalog:
                return {**board, "provisional": False}
            class_names = [{"id": c.id, "name": c.name or c.id} for c in catalog.classes.values()]
            return {**board, "provisional": True, "classes": class_names}

        return self._fresh(tenant, read)

    def read_trends(self, tenant: str, class_id: str, skill: str) -> list[ClassWeek]:
        """The weeks of a class, on one of its skills or on all; none of a class that only appeared."""
        catalog = self.catalog(tenant)
        if class_id not in catalog.classes:
            return []
        class_ = catalog.classes[class_id]
        skills = [skill] if skill in class_.skills else class_.skills
        return class_trends(self.store, catalog, tenant, class_, skills, self.now())

    def read_learner(self, tenant: str, learner: str) -> dict[str, Any]:
        """The page of a learner. Raises NotInCatalog."""
        return self._fresh(tenant, lambda catalog, now: learner_page(self.store, catalog, tenant, learner, now))

    def read_learner_and_next(
        self, tenant: str, learner: str, most: int, preferences: Preferences = ANYTHING
    ) -> dict[str, Any]:
        """The page of a learner, and what they work on next (`next`), by the same rows. Raises NotInCatalog."""

        def read(catalog: Catalog, now: int) -> dict[str, Any]:
            kept_rows = self._kept_rows(catalog, tenant, learner)
            page = learner_page(self.store, catalog, tenant, learner, now, kept_rows)
            try:
                following = self._next_items(tenant, learner, most, preferences, catalog, now, kept_rows)
            except NotInCatalog:  # nothing is known but the name
                following = {"items": [], "without_material": []}
            return {**page, "next": following}

        return self._fresh(tenant, read)

    def read_unlikely(self, tenant: str, class_id: str) -> dict[str, Any]:
        """The learners of a class who are unlikely to finish. Raises NotInCatalog."""
        return self._fresh(tenant, lambda catalog, now: class_unlikely(self.store, catalog, tenant, class_id, now))

    def read_next(self, tenant: str, learner: str, most: int, preferences: Preferences = ANYTHING) -> dict[str, Any]:
        """What a learner works on next. Raises NotInCatalog."""

        return self._fresh(tenant, partial(self._next_items, tenant, learner, most, preferences))

    def _next_items(
        self,
        tenant: str,
        learner: str,
        most: int,
        preferences: Preferences,
        catalog: Catalog,
        now: int,
        kept_rows: Mapping[str, Kept] | None = None,
    ) -> dict[str, Any]:
        if kept_rows is None:
            kept_rows = self._kept_rows(catalog, tenant, learner)
        return next_items(
            self.store,
            catalog,
            tenant,
            learner,
            most,
            now,
            self.recent_names,
            kept_rows,
            preferences,
            self.recent_minutes,
        )

    def _kept_rows(self, catalog: Catalog, tenant: str, learner: str) -> dict[str, Kept]:
        fold, person = Mastery(active_weights(catalog)), catalog.people.person(learner)
        return kept_of(self.store, fold, catalog.policy, tenant, [person], self.recent_states)

    def read_weeks(self, tenant: str, learner: str, skills: Collection[str]) -> dict[str, list[WeekOfMastery]]:
        """How a learner's mastery of skills went by week, over all time."""
        return mastery_by_week(self.store, self.catalog(tenant), tenant, learner, skills) if skills else {}

    def read_answers(self, tenant: str, learner: str, skill: str, weeks: Sequence[WeekOfMastery]) -> dict[str, Any]:
        """The answers behind the numbers of a learner's skill, beside how its mastery went by week (see read_weeks),
        and what happened then."""
        catalog = self.catalog(tenant)
        answers = answers_of(self.store, catalog, tenant, learner, skill, self.now())
        return answers | {"curve": weeks, "events": events_of(catalog, self.changes(tenant), learner, skill, weeks)}

    def read_day(self, tenant: str, learner: str, day: str) -> list[dict[str, Any]]:
        """The answers of a learner's day. Raises ValueError where it is no day."""
        return answers_on(self.store, self.catalog(tenant), tenant, learner, day)

    def read_before(self, tenant: str, learner: str) -> list[dict[str, Any]]:
        """What was decided of a learner before."""
        return said_before(self.store, self.catalog(tenant), tenant, learner)

    def _fresh(self, tenant: str, read: Callable[[Catalog, int], dict[str, Any]]) -> dict[str, Any]:
        # Freshness first: what is read after it can only be newer than it says.
        fresh, now = self.freshness(), self.now()
        as_of = datetime.fromtimestamp(now / 1e6 - fresh["age_seconds"], UTC)
        freshness = {key: fresh[key] for key in ("position", "behind", "age_seconds")}
        return {**read(self.catalog(tenant), now), **freshness, "as_of": as_of.isoformat(timespec="seconds")}
