"""A simulated school: classes, learners of several kinds, skills that build on each other, and items to answer."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from schemas.catalog import Activity, Change, Class, Member, Skill
from schemas.material import Material
from schemas.policy import Policy

HOME = "https://school.example"
ITEMS = 12  # of a skill
_NAMES = ("7a", "7b", "8a", "8b", "9a", "9b", "10a", "10b")
# fmt: off
_FIRST = (
    "Ada", "Amir", "Anna", "Bao", "Carla", "Chidi", "Dana", "Dilan", "Elif", "Emil", "Farah", "Felix", "Grace", "Hana",
    "Hugo", "Ines", "Ivan", "Jana", "Jonas", "Kemal", "Kira", "Lena", "Liam", "Maja", "Malik", "Mina", "Nils", "Noor",
    "Omar", "Paula", "Pia", "Quinn", "Rafi", "Rosa", "Sami", "Sara", "Tariq", "Tess", "Umar", "Vera", "Wim", "Yara",
)
_LAST = (
    "Abbas", "Berg", "Costa", "Diaz", "Eze", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Kaya", "Lopez", "Moreau",
    "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Silva", "Tanaka", "Usman", "Vogel", "Weber", "Xu", "Yilmaz",
)
# fmt: on
# A skill, and the numbers of its prerequisites.
_SKILLS = (
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


_SHARES = {
    PupilKind.STEADY: 10,
    PupilKind.RACER: 4,
    PupilKind.STRUGGLER: 4,
    PupilKind.FORGETTER: 3,
    PupilKind.GUESSER: 2,
    PupilKind.DROPOUT: 2,
    PupilKind.OFFLINE: 3,
}


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
    """Who learns what. The same seed and start give the same school, and the same statements."""

    seed: int
    start: datetime
    weeks: int
    classes: dict[str, list[Pupil]] = field(default_factory=dict)

    @classmethod
    def build(
        cls, seed: int = 7, classes: int = 4, learners: int = 28, weeks: int = 6, start: datetime | None = None
    ) -> SimulatedSchool:
        """A school of `classes` with `learners` each; by default its weeks end today."""
        draw = random.Random(seed)
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        school = cls(seed, start or today - timedelta(weeks=weeks), weeks)
        for name in _NAMES[:classes]:
            names = draw.sample([f"{first} {last}" for first in _FIRST for last in _LAST], learners)
            kinds = draw.choices(list(_SHARES), list(_SHARES.values()), k=learners)
            school.classes[name] = [
                Pupil(who, f"{name}-{number:02}", kind)
                for number, (who, kind) in enumerate(zip(sorted(names), kinds, strict=True), 1)
            ]
        return school

    def changes(self) -> list[Change]:
        """The catalog: skills with what they require, activities with what they teach and how they are opened, classes,
        the policy."""
        found: list[Change] = [Policy()]
        for number, (name, requires) in enumerate(_SKILLS):
            found.append(Skill(id=skill(number), name=name, requires=[skill(r) for r in requires]))
            teaching = {item(number, n): f"{name}, task {n + 1}" for n in range(ITEMS)}
            teaching |= {video(number): f"{name}, video", reading(number): f"{name}, text"}
            teaching |= {lesson(number): f"{name}, lesson"}
            found += [Activity(id=id_, name=called, skills=[skill(number)]) for id_, called in teaching.items()]
            found += [Material(id=item(number, n), minutes=5) for n in range(ITEMS)]
        shown = [skill(number) for number in range(len(_SKILLS))]
        for name, pupils in self.classes.items():
            members = [Member(learner=pupil.key, name=pupil.name) for pupil in pupils]
            found.append(Class(id=name, name=f"Class {name}", learners=members, skills=shown))
        return found


def skills() -> int:
    """How many skills there are; they are numbered in teaching order."""
    return len(_SKILLS)


def requires(number: int) -> tuple[int, ...]:
    """The prerequisites of a skill."""
    return _SKILLS[number][1]


def difficulty(n: int) -> float:
    """How much harder (or, below zero, easier) a skill's item is than most: in [-0.12, 0.12], 0 in the middle."""
    return 0.24 * (n / (ITEMS - 1) - 0.5)


def title(number: int) -> str:
    """A skill's name."""
    return _SKILLS[number][0]


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
