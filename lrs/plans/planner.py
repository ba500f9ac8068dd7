"""Plans of days: made, read, changed and published. Every change is an event that holds the whole plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Lock
from typing import Any

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Conflict, Missing
from lrs.plans.check_lessons import check_lessons
from lrs.plans.left_over import left_over
from lrs.plans.locks import Locks
from lrs.plans.needs import FIRST, DayNeeds, NoClass, members_of, needs_of_day, timetable_of, unseen_of, zone_of
from lrs.plans.packing import KeptPlan, pack_plan, unpack_plan
from lrs.plans.plan_as_json import plan_as_json
from lrs.plans.today import today_in
from lrs.store.client import Store, StoreUnavailable
from lrs.timetabling import changes
from lrs.timetabling.day import Need
from lrs.timetabling.make import SECONDS, make_plan
from lrs.timetabling.plan import Key, Placed, Plan, staff
from lrs.timetabling.unfitted import unfitted
from lrs.timetabling.unhelped import unhelped
from schemas.catalog import Catalog, Class
from schemas.invalid import Invalid
from schemas.plan_events import DayPlan, PlannedTask, PlanVersion, clipped
from schemas.plan_requests import (
    AssignCell,
    LockCell,
    MakePlan,
    MoveCell,
    PlanRequest,
    PublishPlan,
    SayAbsent,
    UndoChange,
)
from schemas.timetable import Timetable
from schemas.typed_text import LONGEST_NAME, check_typed
from schemas.wording import Said, worded

FIRST_YEAR, LAST_YEAR = 1990, 2199  # of days that are planned


class NotPlanned(Missing):
    """The plan has no such learner."""

    def __init__(self) -> None:
        super().__init__(worded("the plan has no such learner"), "learner")


class NoPlan(Missing):
    """The day has no plan yet."""

    def __init__(self) -> None:
        super().__init__(worded("this day has no plan yet: make one"))


class PlanMoved(Conflict):
    """Somebody changed the plan since it was read."""

    def __init__(self) -> None:
        super().__init__(
            worded("the plan was changed meanwhile: look at it as it is now, and do it again if you still want it"),
            "version",
        )


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """The plan after a request, and how many cells of others changed by it."""

    event: DayPlan
    moved: int


@dataclass(frozen=True, slots=True)
class DayPlanner:
    """Every method raises what the store and the log raise, and NoClass; they take a while: not for an event loop."""

    store: Store
    catalogs: Catalogs
    now: Callable[[], int]
    _asking: Locks[Lock] = field(default_factory=lambda: Locks(Lock))  # of two changes the second sees the first

    def read(self, tenant: str, class_id: str, day: str, learner: str = "") -> dict[str, Any]:
        """The plan of a day as JSON; without cells where there is none yet. Raises Invalid for what is no day."""
        _check_day(day)
        catalog = self.catalogs.latest(tenant)
        timetable, assumed = timetable_of(catalog, class_id)
        versions = catalog.planned.plans.get(class_id, {}).get(day, [])[-2:]
        if not versions:
            members = members_of(catalog, timetable)
            event = DayPlan(id=class_id, day=day, what="", by="", slots=timetable.slots, learners=list(members))
            unseen = self._unseen(tenant, catalog, timetable, day)
            return plan_as_json(catalog, timetable, unpack_plan(event, timetable), None, assumed, unseen=unseen)
        *before, version = versions
        kept_plan = unpack_plan(version.plan, timetable)
        unseen = self._unseen(tenant, catalog, timetable, day)
        earlier = before[0].plan if before else None
        shown_plan = plan_as_json(catalog, timetable, kept_plan, version, assumed, earlier, unseen)
        if learner and all(row["learner"] != learner for row in shown_plan["rows"]):
            raise NotPlanned
        return shown_plan

    def ask(self, tenant: str, class_id: str, day: str, request: PlanRequest, by: str) -> dict[str, Any]:
        """Make or change the plan of a day, as an event; gives the plan then. Raises Invalid, NoPlan, and PlanMoved."""
        with self._asking.of(tenant, class_id):
            outcome = self._outcome(tenant, class_id, day, request, by)
            event = outcome.event.model_copy(update=_kept(outcome.event.what, by))
            self.catalogs.append(tenant, by, event, self.now())
        return {**self.read(tenant, class_id, day), "moved": outcome.moved}

    def preview(self, tenant: str, class_id: str, day: str, request: PlanRequest, by: str) -> dict[str, Any]:
        """What would come of it: how many cells of others would change. Nothing is done."""
        outcome = self._outcome(tenant, class_id, day, request, by)
        catalog = self.catalogs.latest(tenant)
        timetable, assumed = timetable_of(catalog, class_id)
        kept_plan, version = unpack_plan(outcome.event, timetable), catalog.planned.version(class_id, day)
        before = version.plan if version else None
        unseen = self._unseen(tenant, catalog, timetable, day)
        return {**plan_as_json(catalog, timetable, kept_plan, None, assumed, before, unseen), "moved": outcome.moved}

    def zone(self, tenant: str, class_id: str) -> str:
        """The zone of a class's days; "" for UTC."""
        return zone_of(self.catalogs.latest(tenant), class_id)

    def today(self, tenant: str, class_id: str) -> str:
        """The day that it is where the class is."""
        return today_in(self.catalogs.latest(tenant), class_id, self.now())

    def set_timetable(
        self, tenant: str, credential: str, timetable: Timetable, sees: Callable[[Class | None], bool]
    ) -> None:
        """Keep a timetable. Raises NoClass where a class of it is not there to be seen, and Invalid."""
        check_typed(timetable)
        catalog = self.catalogs.latest(tenant)
        for id_ in timetable.classes or [timetable.id]:
            if id_ not in catalog.classes or not sees(catalog.classes[id_]):
                raise NoClass
        self.catalogs.append(tenant, credential, timetable, self.now())

    def _outcome(self, tenant: str, class_id: str, day: str, request: PlanRequest, by: str) -> PlanOutcome:
        _check_day(day)
        catalog = self.catalogs.latest(tenant)
        timetable, _ = timetable_of(catalog, class_id)
        version = catalog.planned.version(class_id, day)
        if request.version is not None and request.version != (version.position if version else 0):
            raise PlanMoved
        kept_plan = unpack_plan(version.plan, timetable) if version else None
        if isinstance(request, MakePlan):
            return self._make(tenant, catalog, class_id, day, request, kept_plan, by)
        if kept_plan is None:
            raise NoPlan
        names = {member.learner: member.name for member, _ in members_of(catalog, timetable).values()}
        names |= {adult.id: adult.name or adult.id for adult in timetable.adults}

        def name(id_: str) -> str:
            return names.get(id_) or id_

        match request:
            case MoveCell() | AssignCell():
                return self._change(tenant, catalog, class_id, request, kept_plan, by, name)
            case LockCell():
                key = _key(kept_plan, request.learner, request.slot)
                times = kept_plan.times
                locked = kept_plan.locked | {key} if request.locked else kept_plan.locked - {key}
                who, at = name(request.learner), times[request.slot]
                change = (
                    worded("%(name)s locked at %(time)s", name=who, time=at)
                    if request.locked
                    else worded("%(name)s unlocked at %(time)s", name=who, time=at)
                )
                return PlanOutcome(self._packed(kept_plan, kept_plan.plan, locked, change, by), 0)
            case SayAbsent():
                return self._absent(tenant, catalog, class_id, request, kept_plan, by, name)
            case PublishPlan():
                change = worded("published") if request.published else worded("no longer published")
                event = kept_plan.event.model_copy(update={"published": request.published, "what": change, "by": by})
                return PlanOutcome(event, 0)
            case UndoChange():
                return _undone(catalog.planned.plans[class_id][day], by)

    def _make(
        self,
        tenant: str,
        catalog: Catalog,
        class_id: str,
        day: str,
        request: MakePlan,
        kept_plan: KeptPlan | None,
        by: str,
    ) -> PlanOutcome:
        absent = frozenset(kept_plan.event.absent) if kept_plan else frozenset[str]()
        needs = self._needs(tenant, catalog, class_id, day, absent)
        event = kept_plan.event if kept_plan else DayPlan(id=class_id, day=day, what="", by="", slots=[], learners=[])
        stays = kept_plan if request.keep or kept_plan is None else kept_plan.only_locked
        return self._planned(
            event, needs, stays, request.seconds, worded("made again") if kept_plan else worded("made"), by
        )

    def _change(
        self,
        tenant: str,
        catalog: Catalog,
        class_id: str,
        request: MoveCell | AssignCell,
        kept_plan: KeptPlan,
        by: str,
        name: Callable[[str], str],
    ) -> PlanOutcome:
        key, times = _key(kept_plan, request.learner, request.slot), kept_plan.times
        if isinstance(request, MoveCell):
            other_key = _key(kept_plan, request.learner, request.to, "to")
            placed = changes.swap(kept_plan.day, kept_plan.placed, request.learner, request.slot, request.to)
            touched = {key, other_key}
            change = worded(
                "%(name)s moved from %(time)s to %(other)s",
                name=name(request.learner),
                time=times[request.slot],
                other=times[request.to],
            )
        else:
            if request.task and request.task not in kept_plan.day.tasks:
                raise Invalid("task", worded("is not a task of this plan"))
            placed = changes.assign(kept_plan.day, kept_plan.placed, request.learner, request.slot, request.task)
            touched = {key}
            change = worded("%(name)s changed at %(time)s", name=name(request.learner), time=times[request.slot])
        if not request.refit:
            plan = staff(kept_plan.day, placed, kept_plan.plan)
            packed = self._packed(kept_plan, plan, kept_plan.locked, change, by)
            return PlanOutcome(packed.model_copy(update=self._left(tenant, catalog, class_id, kept_plan, placed)), 0)
        needs = self._needs(tenant, catalog, class_id, kept_plan.event.day, frozenset(kept_plan.event.absent))
        placements = {key: placed[key] for key in touched if key in placed}
        needs = _with(needs, kept_plan, {(learner, place.task) for (learner, _), place in placements.items()})
        changed = KeptPlan(
            kept_plan.event,
            kept_plan.day,
            staff(kept_plan.day, placed, kept_plan.plan),
            kept_plan.locked | frozenset(placements),
        )
        return self._planned(kept_plan.event, needs, changed, SECONDS, change, by)

    def _absent(
        self,
        tenant: str,
        catalog: Catalog,
        class_id: str,
        request: SayAbsent,
        kept_plan: KeptPlan,
        by: str,
        name: Callable[[str], str],
    ) -> PlanOutcome:
        if request.who not in kept_plan.day.by_id and request.who not in {adult.id for adult in kept_plan.day.adults}:
            raise Invalid("who", worded("is neither a learner nor an adult of this plan"))
        who = {request.who}
        absent = frozenset(kept_plan.event.absent) - who if request.present else frozenset(kept_plan.event.absent) | who
        needs = self._needs(tenant, catalog, class_id, kept_plan.event.day, absent)
        called = name(request.who)
        change = worded("%(name)s is there", name=called) if request.present else worded("%(name)s absent", name=called)
        return self._planned(kept_plan.event, needs, kept_plan, SECONDS, change, by)

    def _needs(self, tenant: str, catalog: Catalog, class_id: str, day: str, absent: frozenset[str]) -> DayNeeds:
        timetable, _ = timetable_of(catalog, class_id)
        now = self.now()
        lessons = check_lessons(self.store, catalog, tenant, timetable, day, now)
        return needs_of_day(self.store, catalog, tenant, timetable, day, absent, now, lessons)

    def _unseen(self, tenant: str, catalog: Catalog, timetable: Timetable, day: str) -> dict[str, int]:
        """Who was not seen for long, now; of a day that is over nobody. A plan is shown without that, too."""
        if day < today_in(catalog, timetable.id, self.now()):
            return {}
        try:
            return unseen_of(self.store, catalog, tenant, timetable, self.now())
        except StoreUnavailable:
            return {}

    def _planned(
        self, event: DayPlan, needs: DayNeeds, kept_plan: KeptPlan | None, seconds: float, change: str, by: str
    ) -> PlanOutcome:
        before = (
            {key: place for key, place in kept_plan.placed.items() if place.task in needs.tasks} if kept_plan else None
        )
        locked = kept_plan.locked if kept_plan else frozenset[Key]()
        made_plan = make_plan(needs.day, seconds, before, kept_plan.plan if kept_plan else None, locked)
        locks = frozenset(key for key in locked if key in made_plan.plan.cells)
        packed = pack_plan(event, needs.day, made_plan.plan, locks, needs.tasks)
        values = {
            "what": change,
            "by": by,
            **left_over(needs, made_plan.unfitted, made_plan.unhelped),
            "worth": made_plan.worth,
            "bound": made_plan.bound,
        }
        absent = set(needs.day.absent)
        return PlanOutcome(
            packed.model_copy(update=values), _cells_moved(kept_plan, made_plan.plan, absent) if kept_plan else 0
        )

    def _left(
        self, tenant: str, catalog: Catalog, class_id: str, kept_plan: KeptPlan, placed: Placed
    ) -> dict[str, Any]:
        """What is left over after a change by hand, by the needs of now; as before where the store does not answer."""
        try:
            needs = self._needs(tenant, catalog, class_id, kept_plan.event.day, frozenset(kept_plan.event.absent))
        except StoreUnavailable:
            return {}
        learners = [needs.day.by_id.get(learner.id, learner) for learner in kept_plan.day.learners]
        day = replace(kept_plan.day, learners=learners, tasks={**kept_plan.day.tasks, **needs.day.tasks})
        needs = needs._replace(day=day)
        return left_over(needs, unfitted(day, placed), unhelped(day, placed))

    def _packed(self, kept_plan: KeptPlan, plan: Plan, locked: frozenset[Key], change: str, by: str) -> DayPlan:
        tasks = {task.id: task for task in kept_plan.event.tasks}
        locks = frozenset(key for key in locked if key in plan.cells)
        packed = pack_plan(kept_plan.event, kept_plan.day, plan, locks, tasks)
        return packed.model_copy(update={"what": change, "by": by})


def _with(needs: DayNeeds, kept_plan: KeptPlan, placed_tasks: set[tuple[str, str]]) -> DayNeeds:
    """What a person chose is needed, whatever was computed."""
    tasks: dict[str, PlannedTask] = {kept_task.id: kept_task for kept_task in kept_plan.event.tasks} | needs.tasks
    learners = []
    for learner in needs.day.learners:
        added_tasks = {task for who, task in placed_tasks if who == learner.id} - {need.task for need in learner.needs}
        needed = (*learner.needs, *(Need(task, FIRST) for task in sorted(added_tasks)))
        learners.append(learner._replace(needs=needed))
    all_tasks = {**kept_plan.day.tasks, **needs.day.tasks}
    return needs._replace(day=replace(needs.day, learners=learners, tasks=all_tasks), tasks=tasks)


def _undone(versions: list[PlanVersion], by: str) -> PlanOutcome:
    if len(versions) < 2:
        raise Invalid("do", worded("nothing was changed yet"))
    event = versions[-2].plan
    return PlanOutcome(
        event.model_copy(update={"what": worded("undone: %(what)s", what=versions[-1].plan.change), "by": by}), 0
    )


def _kept(change: str, by: str) -> dict[str, Any]:
    """What an event says of a change."""
    text = change if len(change) <= LONGEST_NAME else clipped(change)
    return {"what": clipped(change), "what_said": Said.of(text), "by": clipped(by)}


def _cells_moved(kept_plan: KeptPlan, plan: Plan, absent: set[str]) -> int:
    """How many cells changed that are not of whoever is absent, nor were led by them."""
    return sum(
        (now := plan.cells.get(key)) is None or (now.task, now.room) != (cell.task, cell.room)
        for key, cell in kept_plan.plan.cells.items()
        if key[0] not in absent and cell.adult not in absent
    )


def _key(kept_plan: KeptPlan, learner: str, slot: str, field: str = "slot") -> Key:
    if learner not in kept_plan.day.by_id:
        raise Invalid("learner", worded("is not in this plan"))
    if slot not in {plan_slot.id for plan_slot in kept_plan.day.slots}:
        raise Invalid(field, worded("is not a slot of this plan"))
    return learner, slot


def _check_day(day: str) -> None:
    try:
        parsed = date.fromisoformat(day)
    except ValueError:
        parsed = date.min
    # ISO 8601 has other forms of a day, too: weeks, and no hyphens.
    if parsed.isoformat() != day or not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise Invalid(
            "day",
            worded(
                "is not a day as YYYY-MM-DD, from %(first_year)s to %(last_year)s",
                first_year=str(FIRST_YEAR),
                last_year=str(LAST_YEAR),
            ),
        )
