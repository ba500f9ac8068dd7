"""A simulated school: classes, learners of several kinds, skills that build on each other, and items to answer."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from lrs.simulator.questions import ask
from schemas.catalog import Activity, Change, Class, Member, School, Skill
from schemas.material import Material
from schemas.policy import Policy
from schemas.roster import Person
from schemas.timetable import Adult, Lesson, Limits, Room, Sizes, Slot, Timetable

HOME = "https://school.example"
ITEMS_OF_A_SKILL = 12
PRINCIPAL = Person(id="principal", name="Mr Mensah", roles=["principal"], schools=["lower"])  # of the first class
_SCHOOLS = {"lower": "Lower School", "upper": "Upper School"}
_CLASS_NAMES = ("7a", "7b", "8a", "8b", "9a", "9b", "10a", "10b")
# fmt: off
_FIRST_NAMES = (
    "Ada", "Amir", "Anna", "Bao", "Carla", "Chidi", "Dana", "Dilan", "Elif", "Emil", "Farah", "Felix", "Grace", "Hana",
    "Hugo", "Ines", "Ivan", "Jana", "Jonas", "Kemal", "Kira", "Lena", "Liam", "Maja", "Malik", "Mina", "Nils", "Noor",
    "Omar", "Paula", "Pia", "Quinn", "Rafi", "Rosa", "Sami", "Sara", "Tariq", "Tess", "Umar", "Vera", "Wim", "Yara",
)
_LAST_NAMES = (
    "Abbas", "Berg", "Costa", "Diaz", "Eze", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Kaya", "Lopez", "Moreau",
    "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Silva", "Tanaka", "Usman", "Vogel", "Weber", "Xu", "Yilmaz",
)
_TEACHER_NAMES = ("Ms Adler", "Mr Bello", "Ms Cohen", "Mr Duran", "Ms Engel", "Mr Farouk", "Ms Grant", "Mr Hansen")
# fmt: on
# A skill, and the numbers of its prerequisites.
_SKILL_NAMES = (
    ("Equivalent fractions", ()),
    ("Compare fractions", (0,)),
    ("Add fractions", (0,)),
    ("Multiply fractions", (0,)),
    ("Divide fractions", (3,)),
    ("Decimals and fractions", (1,)),
    ("Percentages", (5,)),
    ("Ratios", (3,)),
    ("Negative numbers", ()),
    ("Simple equations", (2, 8)),
)


class PupilKind(StrEnum):
    """How a learner works."""

    STEADY = "steady"
    RACER = "races ahead"
    STRUGGLER = "struggles"
    FORGETTER = "forgets"
    GUESSER = "guesses"
    DROPOUT = "drops out"
    OFFLINE = "works offline"


_KIND_SHARES = {
    PupilKind.STEADY: 10,
    PupilKind.RACER: 4,
    PupilKind.STRUGGLER: 4,
    PupilKind.FORGETTER: 3,
    PupilKind.GUESSER: 2,
    PupilKind.DROPOUT: 2,
    PupilKind.OFFLINE: 3,
}
_PUPILS_OF_MIX = sum(_KIND_SHARES.values())  # a class of so many has each kind as often as it says


@dataclass(frozen=True, slots=True)
class Pupil:
    """A learner; key is the canonical actor."""

    name: str
    account: str
    kind: PupilKind

    @property
    def key(self) -> str:
        return f"account:{HOME}|{self.account}"


@dataclass(slots=True)
class SimulatedSchool:
    """A simulated school: who learns what. The same seed and start give the same school, and the same statements."""

    seed: int
    start: datetime
    weeks: int
    classes: dict[str, list[Pupil]] = field(default_factory=dict)

    @classmethod
    def build(
        cls, seed: int = 7, classes: int = 4, learners: int = 28, weeks: int = 8, start: datetime | None = None
    ) -> SimulatedSchool:
        """A school of `classes` with `learners` each; by default its weeks end today."""
        draw = random.Random(seed)
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        school = cls(seed, start or today - timedelta(weeks=weeks), weeks)
        for name in _CLASS_NAMES[:classes]:
            names = draw.sample([f"{first} {last}" for first in _FIRST_NAMES for last in _LAST_NAMES], learners)
            kinds = draw.sample(
                list(_KIND_SHARES), learners, counts=[n * -(-learners // _PUPILS_OF_MIX) for n in _KIND_SHARES.values()]
            )
            school.classes[name] = [
                Pupil(who, f"{name}-{number:02}", kind)
                for number, (who, kind) in enumerate(zip(sorted(names), kinds, strict=True), 1)
            ]
        return school

    def shown(self) -> Pupil:
        """The learner whose page there is a link to."""
        pupils = next(iter(self.classes.values()))
        return next((pupil for pupil in pupils if pupil.kind is PupilKind.STEADY), pupils[0])

    def changes(self) -> list[Change]:
        """The catalog: skills with what they require, activities with what they teach and how they are opened, the
        policy, and of each class its teacher, its roster and its timetable."""
        catalog_changes: list[Change] = [Policy(), *(School(id=id_, name=name) for id_, name in _SCHOOLS.items())]
        catalog_changes.append(PRINCIPAL)
        for number, (name, requires) in enumerate(_SKILL_NAMES):
            catalog_changes.append(Skill(id=skill(number), name=name, requires=[skill(r) for r in requires]))
            teaching = {item(number, n): f"{name}, task {n + 1}" for n in range(ITEMS_OF_A_SKILL)}
            teaching |= {video(number): f"{name}, video", reading(number): f"{name}, text"}
            teaching |= {lesson(number): f"{name}, lesson"}
            materials = _materials(number, name)
            teaching |= {material.id: material.name for material in materials if material.id not in teaching}
            catalog_changes += [
                Activity(id=id_, name=called, skills=[skill(number)]) for id_, called in teaching.items()
            ]
            catalog_changes += materials
        skill_ids = [skill(number) for number in range(len(_SKILL_NAMES))]
        for name, pupils in self.classes.items():
            teacher = Person(id=teacher_of(name), name=teacher_name(name), roles=["teacher"])
            members = [Member(learner=pupil.key, name=pupil.name) for pupil in pupils]
            catalog_changes.append(teacher)
            taught = Class(id=name, name=f"Class {name}", learners=members, skills=skill_ids, teachers=[teacher.id])
            catalog_changes.append(taught.model_copy(update={"school": school_of(name)}))
            catalog_changes.append(_timetable(name, teacher.name, pupils))
        return catalog_changes


def _materials(number: int, name: str) -> list[Material]:
    """How a skill can be worked on: with a teacher, with a peer, alone with a screen and without."""
    book, page = "Teacher's book", f"Workbook, pages {10 + 4 * number} to {13 + 4 * number}"
    return [
        *(Material(id=item(number, n), minutes=5, question=ask(number, n)) for n in range(ITEMS_OF_A_SKILL)),
        Material(id=lesson(number), name=f"{name}: mini-lesson", via="page", opens=f"{book}, chapter {number + 1}",
                 minutes=20, mode="teacher", screen=False),
        Material(id=game(number), name=f"{name}: card game for two", via="page", opens=f"Games, number {number + 1}",
                 minutes=20, mode="pair", screen=False, together=2),
        Material(id=workbook(number), name=f"{name}: workbook", via="page", opens=page, minutes=15, screen=False),
    ]  # fmt: skip


def _timetable(class_: str, teacher: str, pupils: list[Pupil]) -> Timetable:
    """A morning of three slots in two rooms, with fewer tablets than learners; on Mondays everybody sings first."""
    return Timetable(
        id=class_,
        slots=[
            Slot(id=str(n), start=start, minutes=25) for n, start in enumerate(("09:00", "09:25", "09:50", "10:30"))
        ],
        rooms=[
            Room(id="classroom", name="Classroom", places=len(pupils), screens=max(1, len(pupils) // 2)),
            Room(id="library", name="Library", places=10, screens=4, supervised=False),
        ],
        adults=[Adult(id=teacher_of(class_), name=teacher), Adult(id="assistant", name="Mr Okoye", ends="10:15")],
        lessons=[Lesson(name="Singing", slots=["0"], days=[1])],
        apart=[(pupils[0].key, pupils[2].key)] if len(pupils) > 2 else [],
        limits=Limits(teacher_led=Sizes(least=2, most=6), screen_minutes=50),
    )


def skills() -> int:
    """How many skills there are; they are numbered in teaching order."""
    return len(_SKILL_NAMES)


def requires(number: int) -> tuple[int, ...]:
    """The prerequisites of a skill."""
    return _SKILL_NAMES[number][1]


def difficulty(n: int) -> float:
    """How much harder (or, below zero, easier) a skill's item is than most: in [-0.12, 0.12], 0 in the middle."""
    return 0.24 * (n / (ITEMS_OF_A_SKILL - 1) - 0.5)


def title(number: int) -> str:
    """A skill's name."""
    return _SKILL_NAMES[number][0]


def skill(number: int) -> str:
    return f"{HOME}/skills/{number}"


def item(number: int, n: int) -> str:
    return f"{HOME}/items/{number}-{n}"


def video(number: int) -> str:
    return f"{HOME}/videos/{number}"


def reading(number: int) -> str:
    return f"{HOME}/readings/{number}"


def lesson(number: int) -> str:
    return f"{HOME}/lessons/{number}"


def game(number: int) -> str:
    return f"{HOME}/games/{number}"


def workbook(number: int) -> str:
    return f"{HOME}/workbooks/{number}"


def school_of(class_: str) -> str:
    """The id that the roster has of a class's school."""
    return "lower" if class_.startswith("7") else "upper"


def school_name(id_: str) -> str:
    return _SCHOOLS[id_]


def teacher_of(class_: str) -> str:
    """The id that the roster has of a class's teacher."""
    return f"teacher-{class_}"


def teacher_name(class_: str) -> str:
    return _TEACHER_NAMES[_CLASS_NAMES.index(class_)]
