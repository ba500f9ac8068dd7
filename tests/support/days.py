"""Random and believable school days to plan."""

from __future__ import annotations

from random import Random

from lrs.timetabling.day import DayToPlan, Need, PlannedLearner, Task
from schemas.timetable import Adult, Lesson, Limits, Mode, Room, Sizes, Slot

_MODES: tuple[Mode, ...] = ("teacher", "pair", "alone", "alone")


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def school(seed: int, learners: int = 70, slots: int = 8, ample: bool = True) -> DayToPlan:
    """A school like those that plan by hand: classes of 25 or so, skills in an order, learners at places along it.

    ample: rooms and adults are enough for everybody.
    """
    random = Random(seed)
    skills = [f"skill-{n:02d}" for n in range(24)]
    tasks: dict[str, Task] = {}
    for skill in skills:
        for number, mode in enumerate(_MODES):
            screen = mode == "alone" and number == 2
            task = Task(f"{skill}/{number}", skill, mode, screen, random.choice((0, 10, 15, 20)))
            tasks[task.id] = task
    found = []
    for number in range(learners):
        at = min(max(round(random.gauss(10, 4)), 0), len(skills) - 6)
        wanted = random.sample(skills[at : at + 6], 5)
        needs = tuple(
            Need(task.id, 1000 - 40 * place - random.randrange(20))
            for place, skill in enumerate(wanted)
            for task in tasks.values()
            if task.skill == skill
        )
        found.append(PlannedLearner(f"l{number:04d}", needs, random.choice((0, 0, 20, 40, 60)), f"c{number // 25:03d}"))
    rooms: list[Room] = []
    while sum(room.places for room in rooms) < learners * (1.15 if ample else 0.8):
        places = random.choice((12, 24, 30))
        rooms.append(Room(id=f"r{len(rooms):03d}", places=places, screens=random.choice((places // 2, places))))
    adults = [Adult(id=f"a{n:03d}", starts="07:30") for n in range(len(rooms) + (1 if ample else -1))]
    day = [Slot(id=str(n + 1), start=clock(480 + 25 * n), minutes=25) for n in range(slots)]
    names = [one.id for one in found]
    lessons = [
        Lesson(name="Sport", slots=[str(random.randrange(1, slots + 1))], learners=random.sample(names, learners // 8))
    ]
    apart = [tuple(random.sample(names, 2)) for _ in range(learners // 10)]
    limits = Limits(teacher_led=Sizes(least=2, most=6), screen_minutes=100)
    return DayToPlan(day, rooms, adults, found, tasks, limits, lessons, [(a, b) for a, b in apart])


def anything(seed: int) -> DayToPlan:
    """A small school of any kind: hours that end early, lessons that take rooms and adults, rooms without screens."""
    random = Random(seed)
    learners, slots = random.randrange(1, 30), random.randrange(1, 6)
    skills = [f"s{n}" for n in range(random.randrange(1, 6))]
    tasks = [
        Task(
            *(f"t{n}", random.choice(skills), random.choice(_MODES), random.random() < 0.5),
            minutes=random.choice((0, 5, 20, 40)),
            together=random.choice((0, 0, 1, 2, 3)),
        )
        for n in range(random.randrange(0, 14))
    ]
    names = [f"l{n}" for n in range(learners)]
    found = []
    for name in names:
        wanted = random.sample(tasks, random.randrange(0, len(tasks) + 1))
        needs = tuple(Need(task.id, random.randrange(1, 1000)) for task in wanted)
        found.append(PlannedLearner(name, needs, random.randrange(0, 90), random.choice("ab")))
    lengths = [random.choice((15, 25, 45)) for _ in range(slots)]
    day = [Slot(id=f"p{n}", start=clock(480 + sum(lengths[:n])), minutes=lengths[n]) for n in range(slots)]
    rooms = [
        Room(
            id=f"r{n}",
            places=random.randrange(0, 16),
            screens=random.randrange(0, 10),
            supervised=random.random() < 0.7,
        )
        for n in range(random.randrange(0, 5))
    ]
    adults = [
        Adult(id=f"a{n}", starts=clock(random.choice((420, 480, 500))), ends=clock(random.choice((520, 600, 900))))
        for n in range(random.randrange(0, 5))
    ]
    lessons = [
        Lesson(
            name=f"lesson {n}",
            slots=random.sample([slot.id for slot in day], random.randrange(1, slots + 1)),
            learners=random.sample(names, random.randrange(0, learners)),
            adult=random.choice(["", *(adult.id for adult in adults)]),
            room=random.choice(["", *(room.id for room in rooms)]),
        )
        for n in range(random.randrange(0, 3))
    ]
    least = random.randrange(1, 4)
    limits = Limits(
        teacher_led=Sizes(least=least, most=least + random.randrange(0, 5)),
        peers=Sizes(least=2, most=random.randrange(2, 5)),
        screen_minutes=random.choice((0, 25, 60)),
        slots_per_skill=random.randrange(1, 4),
        teacher_slots=random.randrange(0, 3),
    )
    apart = [(a, b) for a, b in (random.sample(names, 2) for _ in range(learners // 3 if learners > 1 else 0))]
    absent = frozenset(random.sample(names, learners // 6))
    return DayToPlan(day, rooms, adults, found, {task.id: task for task in tasks}, limits, lessons, apart, absent)
