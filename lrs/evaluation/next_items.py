"""What comes next, judged by how soon simulated learners master a course, beside simpler orders of the same items.

A learner works until every skill is truly mastered (see course_laws), and what is counted is attempts. No order sees
the truth. Those that predict know how many answered each item right in an earlier class of the school, and have weights
fitted to other schools of the law, but for "shipped weights".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from lrs.evaluation.course_laws import (
    HINDERED,
    ITEMS,
    KNOWN,
    LAWS,
    SKILLS,
    CourseLearner,
    Law,
    SimulatedCourse,
    draw_course,
    mastery,
)
from lrs.evaluation.sittings import seconds_before
from lrs.pacing.choose import Purpose, WantedSkill, choose_items
from lrs.pacing.decide import MasteryRow
from lrs.pacing.next_items import KnownOfLearner, known_from
from lrs.pacing.reasons import because
from processors.folds.mastery import Mastery
from processors.mastery.answers import Answer, from_log
from processors.mastery.fit import fit
from processors.mastery.weights import Weights, default_weights
from schemas.catalog import Activity, Catalog, Class, Skill
from schemas.evidence import Evidence
from schemas.material import Material
from schemas.observation import Kind
from schemas.policy import Policy

_UNTRIED = because("untried")
MOST_ATTEMPTS = 1500  # attempts; who has not mastered all by then counts so many
EARLIER = 25  # learners of the earlier class
STAYS = 36  # answers on a skill after which a book goes on in any case
ALL, FIXED, PACER = "all laws", "fixed order", "Pacer"
OWN, SHIPPED = "own weights", "shipped weights"
OTHERS = 20  # other schools, to whose classes own weights are fitted
_SECOND = 1_000_000
_DRAWN = 1000  # resamples of schools


class AskedItem(NamedTuple):
    """An item: the numbers of its skill and of itself."""

    skill: int
    item: int


class ItemOrder(Protocol):
    """What one learner is asked, one item at a time."""

    def next(self) -> AskedItem: ...

    def see(self, asked_item: AskedItem, right: bool) -> None: ...


class Book:
    """A fixed order: each skill's items once, skill after skill, and again from the beginning."""

    def __init__(self) -> None:
        self._at = 0

    def next(self) -> AskedItem:
        return AskedItem(self._at // ITEMS % SKILLS, self._at % ITEMS)

    def see(self, asked_item: AskedItem, right: bool) -> None:
        self._at += 1


class InformedOrder:
    """Knows what Pacer knows of one learner: the fold, the decisions, and the chances it predicts."""

    def __init__(self, course: SimulatedCourse, weights: Weights, rng: np.random.Generator) -> None:
        self.rng = rng
        self.catalog = _catalog(course)
        self._classes = list(self.catalog.classes.values())
        self._fold = Mastery(weights)
        self._state = self._fold.start()
        self._rows: dict[str, MasteryRow] = {}
        self._policy = Policy()
        self._count = self._time = 0

    def known(self) -> KnownOfLearner:
        return known_from(self._fold, self.catalog, "learner", self._classes, self._rows, self._state, self._time)

    def see(self, asked_item: AskedItem, right: bool) -> None:
        self._time += _SECOND * (seconds_before(self._count) if self._count else 60)
        item, skill = _item(asked_item), str(asked_item.skill)
        self._fold.step(
            self._state,
            Evidence(self._time, self._time, item, 0, Kind.ATTEMPT, item=item, skills=(skill,), outcome=float(right)),
        )
        self._count += 1
        for skill_id, _, *columns in self._fold.drain(self._state):
            if skill_id:
                row = dict(zip(self._fold.columns, columns, strict=True))
                self._rows[skill_id] = MasteryRow.of(row, self._policy)

    def open(self, known_learner: KnownOfLearner) -> list[WantedSkill]:
        """The skills to choose from; where Pacer knows of none, any, the least mastered first."""
        return known_learner.wanted or [
            WantedSkill(skill, Purpose.PRACTISE, row.mastery, _UNTRIED)
            for skill, row in sorted(self._rows.items(), key=lambda item: item[1].mastery)
        ]

    def chances(self, known_learner: KnownOfLearner) -> list[tuple[AskedItem, float]]:
        """Every item to choose from but the last, with the chance predicted."""
        item_chances = []
        for wanted_skill in self.open(known_learner):
            for material in self.catalog.materials_of(wanted_skill.skill):
                if material.id != known_learner.last:
                    item_chances.append((_asked(material.id), known_learner.predict(material, wanted_skill)))
        return item_chances


class Pacer(InformedOrder):
    """`next`, as it answers."""

    def next(self) -> AskedItem:
        known_learner = self.known()
        [choice] = choose_items(
            self.open(known_learner),
            self.catalog.materials_of,
            known_learner.predict,
            known_learner.met,
            known_learner.last,
            known_learner.policy,
            1,
        )
        return _asked(choice.material.id)


class MasteryBook(InformedOrder):
    """A fixed order that goes on by mastery: skill after skill, items in the order of the book, until Pacer's decision
    is to advance; then again with what was left."""

    def __init__(self, course: SimulatedCourse, weights: Weights, rng: np.random.Generator) -> None:
        super().__init__(course, weights, rng)
        self._skill, self._asked = 0, [0] * SKILLS

    def next(self) -> AskedItem:
        open_skills = {int(wanted_skill.skill) for wanted_skill in self.open(self.known())}
        for _ in range(SKILLS):
            stays = self._asked[self._skill] % STAYS != 0 or self._asked[self._skill] == 0
            if self._skill in open_skills and stays:
                break
            self._skill = (self._skill + 1) % SKILLS
        return AskedItem(self._skill, self._asked[self._skill] % ITEMS)

    def see(self, asked_item: AskedItem, right: bool) -> None:
        super().see(asked_item, right)
        self._asked[asked_item.skill] += 1


class RandomInBand(InformedOrder):
    """Any item of a skill that is ready and not mastered, with a predicted chance in the band if there is one."""

    def next(self) -> AskedItem:
        known_learner = self.known()
        item_chances = self.chances(known_learner)
        policy = known_learner.policy("")
        band = [asked_item for asked_item, chance in item_chances if policy.band_low <= chance <= policy.band_high]
        choices = band or [asked_item for asked_item, _ in item_chances]
        return choices[int(self.rng.integers(len(choices)))]


class EasiestFirst(InformedOrder):
    """An order of items: of the skills that are ready and not mastered, the item with the highest predicted chance."""

    def next(self) -> AskedItem:
        return max(self.chances(self.known()), key=lambda item_chance: item_chance[1])[0]


class Bandit:
    """Like ZPDES (Clément and others, 2015): activities are the thirds of each skill; the next is drawn by how much
    success on it has grown lately, among those that the graph and earlier successes have opened."""

    _WINDOW, _EXPLORE, _OPENS, _CLOSES, _STEP = 4, 0.2, 0.75, 0.95, 0.6

    def __init__(self, course: SimulatedCourse, rng: np.random.Generator) -> None:
        self._course, self._rng = course, rng
        self._past: dict[tuple[int, int], list[bool]] = {}
        self._worth: dict[tuple[int, int], float] = {}

    def next(self) -> AskedItem:
        active = self._active()
        worth = np.array([self._worth.get(activity, 0.5) for activity in active])
        total = worth.sum()
        share = worth / total if total > 0 else np.full(len(active), 1 / len(active))
        share = (1 - self._EXPLORE) * share + self._EXPLORE / len(active)
        skill, third = active[int(self._rng.choice(len(active), p=share / share.sum()))]
        size = ITEMS // 3
        return AskedItem(skill, third * size + int(self._rng.integers(size)))

    def see(self, asked_item: AskedItem, right: bool) -> None:
        activity = (asked_item.skill, asked_item.item // (ITEMS // 3))
        past = self._past.setdefault(activity, [])
        past.append(right)
        half = self._WINDOW // 2
        recent, before = past[-half:], past[-self._WINDOW : -half]
        reward = max(0.0, sum(recent) / half - (sum(before) / half if before else 0.0))
        self._worth[activity] = (1 - self._STEP) * self._worth.get(activity, 0.5) + self._STEP * reward

    def _rate(self, activity: tuple[int, int]) -> float:
        past = self._past.get(activity, [])[-self._WINDOW :]
        return sum(past) / self._WINDOW

    def _active(self) -> list[tuple[int, int]]:
        opened = []
        for skill, before in enumerate(self._course.requires):
            if all(self._rate((required, 1)) >= self._OPENS for required in before):
                opened.append((skill, 0))
                opened += [(skill, third) for third in (1, 2) if self._rate((skill, third - 1)) >= self._OPENS]
        return [activity for activity in opened if self._rate(activity) < self._CLOSES] or opened


Make = Callable[[SimulatedCourse, Weights, np.random.Generator], ItemOrder]
ORDERS: dict[str, Make] = {
    f"{PACER}, {OWN}": Pacer,
    f"{PACER}, {SHIPPED}": Pacer,
    FIXED: lambda course, weights, rng: Book(),
    "fixed order, on by mastery": MasteryBook,
    "random in the band": RandomInBand,
    "easiest first": EasiestFirst,
    "ZPDES-like bandit": lambda course, weights, rng: Bandit(course, rng),
}


def judge_orders(
    schools: int,
    learners: int = 2,
    laws: Mapping[str, Law] | None = None,
    orders: Mapping[str, Make] | None = None,
    progress: Callable[[float], object] = lambda share: None,
    own_weights: Callable[[Law, str], Weights] | None = None,
) -> list[dict[str, Any]]:
    """By law and order, and over all laws: attempts until all is mastered, on average and of the slowest tenth, and how
    many fewer than in the fixed order, with the 95 % interval over schools."""
    orders = orders or ORDERS
    rows: list[dict[str, Any]] = []
    whole: dict[str, list[NDArray[np.float64]]] = {name: [] for name in orders}
    laws = laws or LAWS
    for number, (name, law) in enumerate(laws.items()):
        own = (own_weights or fitted)(law, name)
        counts = {order: np.zeros((schools, learners)) for order in orders}
        for school in range(schools):
            course = draw_course(np.random.default_rng((1, school)))
            rated = {
                kind: _rated(course, law, unrated, np.random.default_rng((2, school)))
                for kind, unrated in ((OWN, own), (SHIPPED, default_weights()))
            }
            for order, make in orders.items():
                weights = rated[SHIPPED if order.endswith(SHIPPED) else OWN]
                for learner in range(learners):
                    seed = (3, school, learner)  # the same learner, whatever the order
                    whose, chance = law(np.random.default_rng(seed), course), np.random.default_rng((5, *seed))
                    item_order = make(course, weights, np.random.default_rng((4, *seed)))
                    counts[order][school, learner] = attempts(course, whose, item_order, chance)
            progress((number * schools + school + 1) / (len(laws) * schools))
        rows += _summary(name, counts)
        for order, its in counts.items():
            whole[order].append(its)
    return [*rows, *_summary(ALL, {order: np.concatenate(its, axis=1) for order, its in whole.items()})]


def attempts(
    course: SimulatedCourse,
    learner: CourseLearner,
    order: ItemOrder,
    rng: np.random.Generator,
    most: int = MOST_ATTEMPTS,
) -> int:
    """How many answers it takes until all is mastered."""
    enough = Policy().advance_at
    for count in range(most):
        chances = learner.chances()
        if (mastery(chances) >= enough).all():
            return count
        asked_item = order.next()
        order.see(asked_item, _answered(course, learner, asked_item, chances, rng))
    return most


def fitted(law: Law, name: str, schools: int = OTHERS) -> Weights:
    """Weights fitted to classes of other schools of the same law, which went through the book twice."""
    log, times = [], []
    for school in range(schools):
        rng = np.random.default_rng((6, school))
        course = draw_course(rng)
        for learner in range(EARLIER):
            answers: list[Answer] = [
                (f"{school}/{_item(asked_item)}", (f"{school}/{asked_item.skill}",), float(right))
                for asked_item, right in _through_the_book(course, law(rng, course), rng)
            ]
            log.append((f"{school}/{learner}", answers))
            pauses = [seconds_before(at) if at else 60 for at in range(len(answers))]
            times.append([int(second) * _SECOND for second in np.cumsum(pauses)])
    return fit(from_log(log, times), "simulated", name, apart=False).weights


def _through_the_book(
    course: SimulatedCourse, learner: CourseLearner, rng: np.random.Generator, times: int = 2
) -> Iterator[tuple[AskedItem, bool]]:
    for at in range(times * SKILLS * ITEMS):
        asked_item = AskedItem(at // ITEMS % SKILLS, at % ITEMS)
        yield asked_item, _answered(course, learner, asked_item, learner.chances(), rng)


def _answered(
    course: SimulatedCourse,
    learner: CourseLearner,
    asked_item: AskedItem,
    chances: NDArray[np.float64],
    rng: np.random.Generator,
) -> bool:
    skill_mastery = mastery(chances)
    right = bool(rng.random() < chances[asked_item.skill, asked_item.item])
    speed = 1.0 if all(skill_mastery[required] >= KNOWN for required in course.requires[asked_item.skill]) else HINDERED
    learner.answer(asked_item.skill, asked_item.item, right, speed)
    return right


def _rated(course: SimulatedCourse, law: Law, weights: Weights, rng: np.random.Generator) -> Weights:
    """Weights with the rates of an earlier class of the school, which went through the book twice."""
    right = np.zeros((SKILLS, ITEMS))
    for _ in range(EARLIER):
        for asked_item, won in _through_the_book(course, law(rng, course), rng):
            right[asked_item] += won
    shares = (right + 1.0) / (2 * EARLIER + 2.0)
    items = {
        _item(AskedItem(skill, item)): float(shares[skill, item]) for skill in range(SKILLS) for item in range(ITEMS)
    }
    skills = {str(skill): float(shares[skill].mean()) for skill in range(SKILLS)}
    return msgspec.structs.replace(weights, item_rates=items, skill_rates=skills, rate=float(shares.mean()))


def _summary(law: str, counts: Mapping[str, NDArray[np.float64]]) -> list[dict[str, Any]]:
    fixed = counts[FIXED]
    drawn = np.random.default_rng(0).integers(len(fixed), size=(_DRAWN, len(fixed)))
    of_schools = {order: its.mean(axis=1) for order, its in counts.items()}
    rows = []
    for order, its in counts.items():
        fewer = 1.0 - of_schools[order][drawn].mean(axis=1) / of_schools[FIXED][drawn].mean(axis=1)
        low, high = np.quantile(fewer, (0.025, 0.975))
        slowest = its >= np.quantile(its, 0.9)
        rows.append(
            {
                "law": law,
                "order": order,
                "attempts": float(its.mean()),
                "slowest_tenth": float(its[slowest].mean()),
                "unfinished": float((its >= MOST_ATTEMPTS).mean()),
                "fewer": (float(1.0 - its.mean() / fixed.mean()), float(low), float(high)),
            }
        )
    return rows


def _catalog(course: SimulatedCourse) -> Catalog:
    catalog = Catalog()
    for skill, before in enumerate(course.requires):
        catalog.apply(
            Skill(id=str(skill), name=f"skill {skill}", requires=[str(required) for required in before]), 0, 0
        )
        for item in range(ITEMS):
            id_ = _item(AskedItem(skill, item))
            catalog.apply(Activity(id=id_, skills=[str(skill)]), 0, 0)
            catalog.apply(Material(id=id_), 0, 0)
    catalog.apply(Class(id="class", skills=[str(skill) for skill in range(SKILLS)]), 0, 0)
    return catalog


def _item(asked_item: AskedItem) -> str:
    return f"{asked_item.skill}/{asked_item.item:02}"


def _asked(id_: str) -> AskedItem:
    skill, _, item = id_.partition("/")
    return AskedItem(int(skill), int(item))
