"""Groups of a class for mini-lessons: who lacks the same, by the evidence of now and by an opening check.

The page of the class, the page of a check and the API show the same groups.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from lrs.pacing.board import boards_for_groups
from lrs.pacing.display_names import catalog_name
from lrs.pacing.next_items import KnownOfLearner, known_of
from lrs.pacing.saying import ENGLISH, Says
from lrs.plans.gaps import SEEN, Enough, Gap, gaps_of, why
from lrs.plans.lesson_asks import asks_in
from lrs.plans.needs import NoClass, timetable_of, zone_of
from lrs.plans.unseen import PlacedLearner, unseen_in
from lrs.store.client import Store
from lrs.timetabling.groups import LessonGroup, group
from schemas.catalog import Catalog, Class
from schemas.days import day_of
from schemas.lesson_asks import AskedLesson
from schemas.plan_events import KeptCheck
from schemas.timetable import Sizes
from schemas.xapi.actor_keys import key_of

MOST_GROUPS = 20
GROUP_SIZES, USUAL_GROUPS = Sizes(least=2, most=6), 6  # where nobody asks for others
Asked = Mapping[str, Mapping[str, AskedLesson]]  # by learner and skill


class Joined(NamedTuple):
    """The group of a class that a learner is in: its number on the page of the class, what it works on, what it comes
    together for, and how the others are called."""

    number: int
    skill: str
    skill_name: str
    purpose: str
    others: list[PlacedLearner]


@dataclass(frozen=True, slots=True)
class Groups:
    """Reads one store. Every method raises what the store and the log raise; they take a while."""

    store: Store
    catalog: Callable[[str], Catalog]
    now: Callable[[], int]

    def form(
        self,
        tenant: str,
        class_id: str,
        sizes: Sizes | None = None,
        most: int = USUAL_GROUPS,
        skip: Collection[str] = (),
        check: str = "",
        says: Says = ENGLISH,
    ) -> dict[str, Any]:
        """The groups of a class (see lesson_groups), and the `check` that they go by. Without one, or with one that
        nobody has answered, they are those of the page of the class (see groups_now). Raises NoClass."""
        catalog, now = self.catalog(tenant), self.now()
        if class_id not in catalog.classes:
            raise NoClass
        [board] = boards_for_groups(self.store, catalog, tenant, [catalog.classes[class_id]], now)
        kept_check = catalog.planned.checks.get(class_id, {}).get(check)
        check = check if kept_check and _is_answered(kept_check) else check_that_counts(catalog, class_id, now)
        asks = asks_in(catalog, catalog.classes[class_id], now)
        return {**lesson_groups(board, catalog, sizes, most, skip, check, asks, now, says), "check": check}


def lesson_groups(
    board: Mapping[str, Any],
    catalog: Catalog,
    sizes: Sizes | None = None,
    most: int = USUAL_GROUPS,
    skip: Collection[str] = (),
    check: str = "",
    asks: Asked = MappingProxyType({}),
    now: int = 0,
    says: Says = ENGLISH,
) -> dict[str, Any]:
    """At most so many groups of a board, each with one skill, and with what each member lacks of it.

    First comes whom a person has to help, by the evidence or by the opening check, then what else the check says is
    missing, then whatever else is to be worked on; nobody is in a group of a skill before which something needs help
    (see lrs.plans.gaps). Who is expected to know enough to move on lacks nothing that a lesson gives,
    even where a few more answers have to confirm it, or a review is due, unless the check or the need of help says
    otherwise. Without sizes they are those that the class's timetable has for what a teacher leads. One skill is one
    group, unless that would be too large or have two in it who do not work together. skip: who takes no part; check:
    its answers count before they are folded in. asks: by learner and skill who asks to join: they come in before whom a
    lesson would give more, and whom a teacher included is in a group of that skill alone. Whose group the last
    inclusion took away (`displaced_by`) is found by forming the groups without it. now (µs) and says: for why a member
    is in a group, in one line.
    """
    class_id = board["class"]["id"]
    sizes = sizes or sizes_of(catalog, class_id)
    answered = _answered(catalog.planned.checks.get(class_id, {}).get(check))
    out = {key_of(skipped) for skipped in skip}
    names = {row["learner"]: row["name"] for row in board["learners"]}
    enough = _enough(board)
    required = cache(catalog.required)

    def gaps_with(row: Mapping[str, Any], learner_asks: Mapping[str, AskedLesson]) -> dict[str, Gap]:
        return gaps_of(row, answered.get(row["learner"], {}), enough, required, learner_asks)

    rows = {row["learner"]: row for row in board["learners"]}
    gaps = {who: gaps_with(row, asks.get(who, {})) for who, row in rows.items() if who not in out}
    kept_apart = _kept_apart(catalog, class_id)
    unseen = unseen_on(board, catalog, now)
    formed = _formed(gaps, sizes, most, kept_apart, unseen)
    in_group = _in_groups(formed)
    displaced: set[tuple[str, str]] = set()
    last = _last_included(asks, gaps)
    if last and any((who, skill) not in in_group for who in gaps for skill in asks.get(who, ())):
        who, skill = last
        no_more = gaps_with(rows[who], {**asks[who], skill: asks[who][skill]._replace(included=None)})
        before = _in_groups(_formed({**gaps, who: no_more}, sizes, most, kept_apart, unseen))
        displaced = {lost for lost in before - in_group if lost[0] != who}
    for lesson_group in formed:
        lesson_group.members = {learner: gaps[learner][lesson_group.skill].gain for learner in lesson_group.members}
    skill_names = {skill["id"]: skill["name"] for skill in board["skills"]}

    def named(skill: str) -> str:
        return skill_names.get(skill) or catalog_name(catalog, skill)

    placed = {learner for lesson_group in formed for learner in lesson_group.members}
    groups_json = []
    for skill, of_skill in _by_skill(formed, gaps, unseen):
        for part, lesson_group in enumerate(of_skill, 1):
            purpose = _purpose([gaps[learner][skill] for learner in lesson_group.members])
            groups_json.append(
                {
                    "skill": {"id": skill, "name": named(skill)},
                    "purpose": purpose,
                    "led_by": "peers" if purpose == "practise" else "teacher",
                    "part": part,
                    "parts": len(of_skill),
                    "gain": round(lesson_group.gain, 4),
                    "members": [
                        {**member, "not_seen_for": unseen.get(member["learner"])}
                        for member in _group_members(lesson_group, gaps, rows, named, now, says)
                    ],
                }
            )
    return {
        "groups": groups_json,
        "sizes": {"least": sizes.least, "most": sizes.most},
        "left": [
            {
                **{"learner": learner, "name": name, "takes_part": learner not in out},
                "not_seen_for": unseen.get(learner),
            }
            for learner, name in names.items()
            if learner not in placed
        ],
        "asked": [
            {
                "learner": learner,
                "name": names[learner],
                "skill": {"id": skill, "name": named(skill)},
                "at": asked_lesson.at,
                "included": asked_lesson.included is not None,
                "in_group": (learner, skill) in in_group,
                "displaced_by": {
                    "learner": last[0],
                    "name": names[last[0]],
                    "skill": {"id": last[1], "name": named(last[1])},
                }
                if last and (learner, skill) in displaced
                else None,
            }
            for learner, learner_asks in asks.items()
            if learner in names
            for skill, asked_lesson in learner_asks.items()
        ],
    }


def _formed(
    gaps: Mapping[str, Mapping[str, Gap]],
    sizes: Sizes,
    most: int,
    kept_apart: Mapping[str, set[str]],
    unseen: Collection[str],
) -> list[LessonGroup]:
    """The groups. Whoever needs help is in one of something else only where no group of that can be formed.

    They are formed of those who were seen lately; whoever was not then joins where there is room, or forms more groups.
    """

    def filled(begun: Sequence[LessonGroup], learners: Sequence[str], here: float = 0.0) -> list[LessonGroup]:
        def gains_of(some: Iterable[str], counts: Callable[[Gap], bool]) -> dict[str, dict[str, float]]:
            return {
                learner: {
                    s: gap.precedence + (0.0 if learner in unseen else here)
                    for s, gap in gaps[learner].items()
                    if gap.gain > 0.0 and counts(gap)
                }
                for learner in some
            }

        helped = {learner for learner in learners if any(gap.needs_help for gap in gaps[learner].values())}
        others = [learner for learner in learners if learner not in helped]
        first = gains_of(others, lambda _: True) | gains_of(
            [learner for learner in learners if learner in helped], lambda gap: gap.help
        )
        formed = group(first, sizes, most, kept_apart, begun)
        placed = {learner for lesson_group in formed for learner in lesson_group.members}
        left = [learner for learner in learners if learner not in placed]
        return group(gains_of(left, lambda _: True), sizes, most, kept_apart, formed)

    formed = filled([], [learner for learner in gaps if learner not in unseen])
    if any(learner in unseen for learner in gaps):
        placed = {learner for lesson_group in formed for learner in lesson_group.members}
        formed = filled(formed, [learner for learner in gaps if learner not in placed], SEEN)
    return formed


def unseen_on(board: Mapping[str, Any], catalog: Catalog, now: int) -> dict[str, int]:
    """By learner of a board: for how many days they were not seen, of whoever was not for long."""
    class_ = catalog.classes.get(board["class"]["id"])
    if class_ is None:
        return {}
    return unseen_in(catalog, class_, {row["learner"]: row["last_seen"] or 0 for row in board["learners"]}, now)


def _in_groups(formed: Sequence[LessonGroup]) -> set[tuple[str, str]]:
    """By learner and skill, who is in a group of it."""
    return {(learner, lesson_group.skill) for lesson_group in formed for learner in lesson_group.members}


def _last_included(asks: Asked, taking_part: Collection[str]) -> tuple[str, str] | None:
    """The learner and the skill that a teacher included last."""
    included = [
        (asked_lesson.included, learner, skill)
        for learner, learner_asks in asks.items()
        if learner in taking_part
        for skill, asked_lesson in learner_asks.items()
        if asked_lesson.included is not None
    ]
    return max(included)[1:] if included else None


def sizes_of(catalog: Catalog, class_id: str) -> Sizes:
    """The sizes of a class's groups where nobody asks for others: what its timetable says."""
    timetable = catalog.planned.timetables.get(class_id)
    return timetable.limits.teacher_led if timetable else GROUP_SIZES


def groups_now(board: Mapping[str, Any], catalog: Catalog, now: int, says: Says = ENGLISH) -> dict[str, Any]:
    """The groups of a class that count now, whichever page names them: by the answers of the opening check that was
    entered today, if there is one, then by the evidence. `check` is its id, "" for none."""
    check = check_that_counts(catalog, board["class"]["id"], now)
    class_ = catalog.classes.get(board["class"]["id"])
    asks = asks_in(catalog, class_, now) if class_ else {}
    return {**lesson_groups(board, catalog, check=check, asks=asks, now=now, says=says), "check": check}


def group_of_learner(groups: Sequence[Mapping[str, Any]], learner: str) -> Joined | None:
    """The group that a learner is in."""
    for number, lesson_group in enumerate(groups, 1):
        members = {member["learner"]: member for member in lesson_group["members"]}
        if learner in members:
            partners = [
                PlacedLearner(member["name"], member.get("not_seen_for"))
                for key, member in members.items()
                if key != learner
            ]
            return Joined(
                number,
                lesson_group["skill"]["id"],
                lesson_group["skill"]["name"],
                lesson_group["purpose"],
                partners,
            )
    return None


def known_in(
    store: Store, catalog: Catalog, tenant: str, class_id: str, now: int
) -> dict[str, tuple[KnownOfLearner, str]]:
    """By learner of a class: what is known of them, and their name. Raises NoClass."""
    class_ = catalog.classes.get(class_id)
    if class_ is None:
        raise NoClass
    people = catalog.people
    members = {people.member(member): member for member in reversed(class_.learners)}
    classes: dict[str, list[Class]] = {person: [class_] for person in members}
    known_learners = known_of(store, catalog, tenant, classes, now)
    return {members[p].learner: (known_learners[p], members[p].name or members[p].learner) for p in reversed(members)}


def check_that_counts(catalog: Catalog, class_id: str, now: int) -> str:
    """The last check that was made today, where the class is, and that has an answer: the page of the class goes by it.
    "" for none."""
    zone = zone_of(catalog, class_id)
    checks = catalog.planned.checks.get(class_id, {})
    today = [
        id_
        for id_, stored_check in checks.items()
        if day_of(stored_check.at, zone) == day_of(now, zone) and _is_answered(stored_check)
    ]
    return today[-1] if today else ""


def _answered(kept_check: KeptCheck | None) -> dict[str, dict[str, tuple[int, int]]]:
    """By learner, how many of a check's questions of each skill were right, of how many that were answered."""
    rights: dict[str, dict[str, list[bool]]] = {}
    for (learner, question), answer in kept_check.results.items() if kept_check else ():
        if kept_check and answer.right is not None:
            skill = kept_check.check.questions[question].skill
            rights.setdefault(learner, {}).setdefault(skill, []).append(answer.right)
    return {
        learner: {skill: (sum(right), len(right)) for skill, right in by_skill.items()}
        for learner, by_skill in rights.items()
    }


def _is_answered(kept_check: KeptCheck) -> bool:
    return any(answer.right is not None for answer in kept_check.results.values())


def _enough(board: Mapping[str, Any]) -> Enough:
    usual: float = board["policy"]["advance_at"]
    advance_bars = {skill["id"]: skill["policy"]["advance_at"] for skill in board["skills"] if "policy" in skill}
    return lambda skill: advance_bars.get(skill, usual)


def _by_skill(
    groups: Sequence[LessonGroup], gaps: Mapping[str, Mapping[str, Gap]], unseen: Collection[str]
) -> list[tuple[str, list[LessonGroup]]]:
    """Groups by skill: in the order of what comes first in them, then what gains most; of a skill who lacks most. What
    counts in a group is whoever was seen lately; groups without them come last."""
    groups_by_skill: dict[str, list[LessonGroup]] = {}
    for lesson_group in groups:
        groups_by_skill.setdefault(lesson_group.skill, []).append(lesson_group)
    for of_skill in groups_by_skill.values():
        of_skill.sort(key=lambda lesson_group: -lesson_group.gain / len(lesson_group.members))

    def first(item: tuple[str, list[LessonGroup]]) -> tuple[bool, int, float, str]:
        skill, of_skill = item
        members = [learner for lesson_group in of_skill for learner in lesson_group.members]
        here = [learner for learner in members if learner not in unseen]
        rank = min(gaps[learner][skill].rank for learner in here or members)
        return not here, rank, -sum(gaps[learner][skill].gain for learner in here or members), skill

    return sorted(groups_by_skill.items(), key=first)


def _purpose(gaps: list[Gap]) -> str:
    """What a group comes together for: help (somebody in it needs a person), start (nobody has tried the skill): led by
    the teacher; or practise, which they do with each other."""
    if any(gap.help for gap in gaps):
        return "help"
    return "start" if all(gap.expected is None and gap.answered is None for gap in gaps) else "practise"


def _group_members(
    lesson_group: LessonGroup,
    gaps: Mapping[str, Mapping[str, Gap]],
    rows: Mapping[str, Mapping[str, Any]],
    named: Callable[[str], str],
    now: int,
    says: Says,
) -> Iterator[dict[str, Any]]:
    for learner, gain in sorted(lesson_group.members.items(), key=lambda item: (-item[1], item[0])):
        gap = gaps[learner][lesson_group.skill]
        yield {
            "learner": learner,
            "name": rows[learner]["name"],
            "gain": round(gain, 4),
            "help": gap.help,
            "why": why(lesson_group.skill, gap, rows[learner]["cells"], named, now, says),
            "expected": None if gap.expected is None else round(gap.expected, 4),
            "answered": gap.answered and list(gap.answered),
            "asked": gap.asked,
        }


def _kept_apart(catalog: Catalog, class_id: str) -> dict[str, set[str]]:
    """By learner: with whom they do not work."""
    foes: dict[str, set[str]] = {}
    if class_id in catalog.planned.timetables:
        for learner, foe in timetable_of(catalog, class_id)[0].apart:
            foes.setdefault(learner, set()).add(foe)
            foes.setdefault(foe, set()).add(learner)
    return foes
