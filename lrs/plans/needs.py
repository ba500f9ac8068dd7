"""The day of a class, or of several: what everybody needs now by pacing, what opens it, and the timetable's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import NamedTuple

from lrs.errors import Forbidden, Missing
from lrs.pacing.choose import Purpose, WantedSkill, rank_items
from lrs.pacing.display_names import catalog_name, material_names
from lrs.pacing.long_unseen import read_last_seen
from lrs.pacing.measured_minutes import measured_minutes, timed
from lrs.pacing.next_items import KnownOfLearner, known_of
from lrs.pacing.reasons import because
from lrs.plans.unseen import unseen_in
from lrs.store.client import Store
from lrs.timetabling.day import ALONE, PEERS, TEACHER, DayToPlan, DueHelp, Need, PlannedLearner, Task
from schemas.catalog import Catalog, Class, Member
from schemas.material import Material
from schemas.plan_events import DayPlan, PlannedTask
from schemas.timetable import MOST_PLACES, Adult, Room, Slot, Timetable
from schemas.wording import worded
from schemas.xapi.actor_keys import key_of

# Worth of what comes first, and how much less each next one is worth: the last of PLANNED_SKILLS is worth two thirds
# of it.
FIRST, LESS = 1000, 45
DECIDED = 600  # how much more what a person decided is worth: more than support with what was computed
PLANNED_SKILLS = 8  # a day is planned from so many skills of each learner
ALTERNATIVES = 2  # items of a skill to work on alone, with a screen or without
WEEK = 7  # days before in which a teacher's time counts
_WITH_PEERS = {TEACHER: 0.9, PEERS: 1.25, ALONE: 0.9}  # of a group of an opening check that no teacher leads
# Worth of a mode by purpose: alone it did not work where a person is needed.
_MODES = {
    Purpose.SUPPORT: {TEACHER: 1.25, PEERS: 0.9, ALONE: 0.6},
    Purpose.PRACTISE: {TEACHER: 0.95, PEERS: 1.0, ALONE: 1.0},
    Purpose.START: {TEACHER: 1.05, PEERS: 0.9, ALONE: 0.95},
    Purpose.REVIEW: {TEACHER: 0.7, PEERS: 0.95, ALONE: 1.0},
}


class NoClass(Missing):
    """There is neither a class nor a timetable of that id."""

    def __init__(self) -> None:
        super().__init__(worded("there is no such class"))


class GroupLesson(NamedTuple):
    """What a learner's group of an opening check is for: its skill, whether the teacher leads it, and whether the
    learner needs help."""

    skill: str
    led: bool
    help: bool


class DayNeeds(NamedTuple):
    """A day to plan, what its tasks are, how learners are called, and the skills that nothing can be opened for."""

    day: DayToPlan
    tasks: dict[str, PlannedTask]
    names: dict[str, str]
    without_material: list[str]


def timetable_of(catalog: Catalog, class_id: str) -> tuple[Timetable, bool]:
    """A class's timetable, and whether it is only assumed: one room, one adult, three slots in the morning.

    Raises NoClass.
    """
    if (timetable := catalog.planned.timetables.get(class_id)) is not None:
        return _by_members(catalog, timetable), False
    class_ = catalog.classes.get(class_id)
    if class_ is None:
        raise NoClass
    places = min(max(len(class_.learners), 1), MOST_PLACES)
    return (
        Timetable(
            id=class_id,
            slots=[Slot(id=str(n + 1), start=f"{9 + n * 20 // 60:02}:{n * 20 % 60:02}", minutes=20) for n in range(3)],
            rooms=[Room(id="room", name="Classroom", places=places, screens=places)],
            adults=[Adult(id="teacher", name="Teacher")],
        ),
        True,
    )


def zone_of(catalog: Catalog, class_id: str) -> str:
    """The zone of a class's or a school's days; "" for UTC."""
    class_ = catalog.classes.get(class_id)
    school = catalog.schools.get(class_.school if class_ else class_id)
    return (school.zone if school else "") or catalog.reading.zone


def _by_members(catalog: Catalog, timetable: Timetable) -> Timetable:
    """A timetable that names learners as the roster does, by whatever key of theirs it named them."""
    if not timetable.apart and not any(lesson.learners for lesson in timetable.lessons):
        return timetable
    people = catalog.people
    learner_ids = {people.member(member): learner for learner, (member, _) in members_of(catalog, timetable).items()}

    def planned_learner(key: str) -> str:
        return learner_ids.get(people.person(key_of(key)), key)

    lessons = [
        school_lesson.model_copy(update={"learners": [planned_learner(key) for key in school_lesson.learners]})
        for school_lesson in timetable.lessons
    ]
    return timetable.model_copy(
        update={
            "lessons": lessons,
            "apart": [(planned_learner(person), planned_learner(foe)) for person, foe in timetable.apart],
        }
    )


def sees_all(catalog: Catalog, timetable: Timetable, sees: Callable[[Class | None], bool]) -> bool:
    """Whether somebody may see every class that is planned by a timetable."""
    return all(sees(catalog.classes.get(id_)) for id_ in timetable.classes or [timetable.id])


def check_sees(catalog: Catalog, class_id: str, sees: Callable[[Class | None], bool]) -> None:
    """Raises Forbidden where somebody may not see every class that is planned, and NoClass."""
    timetable, _ = timetable_of(catalog, class_id)
    if not sees_all(catalog, timetable, sees):
        raise Forbidden(
            worded("this class is planned together with classes that you do not see: ask somebody who sees all of them")
        )


def members_of(catalog: Catalog, timetable: Timetable) -> dict[str, tuple[Member, Class]]:
    """By learner's key, one for each person: who is planned, and of which class."""
    classes = [catalog.classes[id_] for id_ in timetable.classes or [timetable.id] if id_ in catalog.classes]
    people = catalog.people
    members: dict[str, tuple[Member, Class]] = {}
    seen_persons: set[str] = set()
    for class_ in classes:
        for member in class_.learners:
            if (person := people.member(member)) not in seen_persons:
                seen_persons.add(person)
                members[member.learner] = (member, class_)
    return members


def needs_of_day(
    store: Store,
    catalog: Catalog,
    tenant: str,
    timetable: Timetable,
    day: str,
    absent: frozenset[str],
    now: int,
    lessons: Mapping[str, GroupLesson] = MappingProxyType({}),
) -> DayNeeds:
    """What there is to plan. lessons: by learner, what comes first after what a person decided. Raises what
    Store.tuples raises."""
    members = members_of(catalog, timetable)
    people = catalog.people
    persons = {learner: people.member(member) for learner, (member, _) in members.items()}
    planned_persons = set(persons.values())
    classes_of: dict[str, list[Class]] = {person: [] for person in planned_persons}
    for class_ in catalog.classes.values():
        for person in dict.fromkeys(map(people.member, class_.learners)):
            if person in planned_persons:
                classes_of[person].append(class_)
    known_learners = known_of(store, catalog, tenant, classes_of, now)
    taught = teacher_minutes(catalog, timetable.id, day)
    tasks: dict[str, Task] = {}
    planned: dict[str, PlannedTask] = {}
    without: dict[str, None] = {}
    skills_of = {
        learner: _planned_skills(catalog, known_learners[person], without, lessons.get(learner))
        for learner, person in persons.items()
        if person in known_learners
    }
    wanted_of = {
        learner: list(_needs(catalog, known_learners[persons[learner]], skills, lessons.get(learner)))
        for learner, skills in skills_of.items()
    }
    materials = {material.id: material for needed in wanted_of.values() for material, _, _ in needed}
    unknown = [id_ for id_, material in materials.items() if not material.minutes]
    materials = timed(materials.values(), measured_minutes(store, tenant, unknown))
    names = material_names(store, catalog, tenant, materials.values())
    unseen = _unseen(store, catalog, tenant, members, now)
    learners = []
    for learner, (_, class_) in members.items():
        worth_by_task: dict[str, int] = {}
        for needed_material, skill, worth in wanted_of.get(learner, ()):
            material = materials[needed_material.id]
            id_ = task_id(material, skill)
            tasks[id_] = Task(id_, skill, material.mode, material.screen, material.minutes, material.together)
            planned[id_] = planned_task(catalog, material, skill, names[material.id])
            worth_by_task[id_] = max(worth_by_task.get(id_, 0), worth)
        needed = tuple(Need(id_, worth) for id_, worth in worth_by_task.items())
        not_seen_for = unseen.get(learner, 0)
        lesson = lessons.get(learner)
        due = tuple(
            DueHelp(wanted_skill.skill, wanted_skill.overruled)
            for wanted_skill in skills_of.get(learner, ())
            if wanted_skill.purpose == Purpose.SUPPORT
            or (lesson is not None and lesson.help and lesson.skill == wanted_skill.skill)
        )
        learners.append(PlannedLearner(learner, needed, taught.get(learner, 0.0), class_.id, not_seen_for, due))
    return DayNeeds(
        day_to_plan(timetable, day, learners, tasks, absent),
        planned,
        {learner: member.name or learner for learner, (member, _) in members.items()},
        [catalog_name(catalog, skill) for skill in without],
    )


def unseen_of(store: Store, catalog: Catalog, tenant: str, timetable: Timetable, now: int) -> dict[str, int]:
    """By learner of a plan: for how many days they were not seen, of whoever was not for long. Raises what Store.tuples
    raises."""
    return _unseen(store, catalog, tenant, members_of(catalog, timetable), now)


def _unseen(
    store: Store, catalog: Catalog, tenant: str, members: Mapping[str, tuple[Member, Class]], now: int
) -> dict[str, int]:
    person_of = catalog.people.member
    last_seen = read_last_seen(store, tenant, {person_of(member) for member, _ in members.values()})
    unseen: dict[str, int] = {}
    for class_ in {class_.id: class_ for _, class_ in members.values()}.values():
        seen = {
            learner: last_seen.get(person_of(member), 0) for learner, (member, of) in members.items() if of == class_
        }
        unseen |= unseen_in(catalog, class_, seen, now)
    return unseen


def day_to_plan(
    timetable: Timetable,
    day: str,
    learners: Sequence[PlannedLearner],
    tasks: Mapping[str, Task],
    absent: frozenset[str],
) -> DayToPlan:
    """A day under a timetable's rules."""
    weekday = date.fromisoformat(day).isoweekday()
    lessons = [lesson for lesson in timetable.lessons if not lesson.days or weekday in lesson.days]
    slots = sorted(timetable.slots, key=lambda slot: slot.start)
    apart = list(timetable.apart)
    return DayToPlan(
        slots, timetable.rooms, timetable.adults, learners, tasks, timetable.limits, lessons, apart, absent
    )


def teacher_minutes(catalog: Catalog, id_: str, day: str) -> dict[str, float]:
    """By learner: the minutes of teacher-led work of the week before, in the plans that were published."""
    minutes: dict[str, float] = {}
    before = (date.fromisoformat(day) - timedelta(days=back) for back in range(1, WEEK + 1))
    for _, plan in catalog.planned.published(id_, (earlier_day.isoformat() for earlier_day in before)):
        for cell in plan.cells:
            learner = plan.learners[cell.learner]
            if plan.tasks[cell.task].mode == TEACHER and learner not in plan.absent:
                minutes[learner] = minutes.get(learner, 0.0) + plan.slots[cell.slot].minutes
    return minutes


def task_id(material: Material, skill: str) -> str:
    """A material may teach several skills: for each it is another task."""
    return f"{material.id} {skill}"


def planned_task(catalog: Catalog, material: Material, skill: str, name: str) -> PlannedTask:
    """A task as a plan keeps it."""
    return PlannedTask(
        id=task_id(material, skill),
        name=name[:500],
        skill=skill,
        skill_name=catalog_name(catalog, skill)[:500],
        mode=material.mode,
        screen=material.screen,
        minutes=material.minutes,
        together=material.together,
        via=material.via,
        opens=material.opens or material.id,
    )


def tasks_of(plan: DayPlan) -> dict[str, Task]:
    """A plan's tasks as the timetabling knows them."""
    return {
        task.id: Task(task.id, task.skill, task.mode, task.screen, task.minutes, task.together) for task in plan.tasks
    }


def _planned_skills(
    catalog: Catalog, known_learner: KnownOfLearner, without: dict[str, None], lesson: GroupLesson | None
) -> list[WantedSkill]:
    """The skills that a learner's day is planned from, most important first."""
    wanted = list(known_learner.wanted)
    if lesson and all(wanted_skill.skill != lesson.skill for wanted_skill in wanted):
        wanted.append(WantedSkill(lesson.skill, Purpose.PRACTISE, None, because("check")))
    # What a person decided comes first, then the group of a check; then support, which needs a person, whom a planned
    # day has.
    ranked = sorted(
        wanted,
        key=lambda wanted_skill: (
            not wanted_skill.overruled,
            lesson is None or wanted_skill.skill != lesson.skill,
            wanted_skill.purpose != Purpose.SUPPORT,
        ),
    )
    with_material = [wanted_skill for wanted_skill in ranked if catalog.materials_of(wanted_skill.skill)]
    without.update(dict.fromkeys(one.skill for one in ranked if not catalog.materials_of(one.skill)))
    return with_material[:PLANNED_SKILLS]


def _needs(
    catalog: Catalog, known_learner: KnownOfLearner, skills: Sequence[WantedSkill], lesson: GroupLesson | None
) -> Iterator[tuple[Material, str, int]]:
    """What a learner needs: of each skill the same lesson for whoever has a lesson of it, and items of one's own."""
    for number, wanted_skill in enumerate(skills):
        materials = catalog.materials_of(wanted_skill.skill)
        in_group = lesson is not None and wanted_skill.skill == lesson.skill
        worth, decided_bonus = FIRST - LESS * number, DECIDED if wanted_skill.overruled or in_group else 0
        by_mode = _MODES[wanted_skill.purpose]
        if lesson and in_group:
            by_mode = _MODES[Purpose.SUPPORT] if lesson.led else _WITH_PEERS
        materials_listed = [
            lesson for mode in (TEACHER, PEERS) for lesson in [m for m in materials if m.mode == mode][:1]
        ]
        alone = [own_material for own_material in materials if own_material.mode == ALONE]
        ranked = rank_items(
            wanted_skill,
            alone,
            known_learner.predict,
            known_learner.met,
            known_learner.last,
            known_learner.policy(wanted_skill.skill),
        )
        for screen in (True, False):
            materials_listed += [choice.material for choice in ranked if choice.material.screen == screen][
                :ALTERNATIVES
            ]
        for rank, material in enumerate(materials_listed):
            yield (
                material,
                wanted_skill.skill,
                decided_bonus + round(worth * by_mode[material.mode]) - rank,
            )
