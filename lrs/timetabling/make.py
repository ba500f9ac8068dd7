"""Make a plan: greedily, then better for as long as there is time; or again, when somebody is absent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import chain

from lrs.timetabling.blocks import blocks
from lrs.timetabling.bound import plan_bound
from lrs.timetabling.broken_rules import broken_rules
from lrs.timetabling.day import DECIDED_HELP, DayToPlan
from lrs.timetabling.greedy import plan_greedily
from lrs.timetabling.plan import Key, Place, Placed, Plan, Wish, helped, staff, total, worth
from lrs.timetabling.unfitted import Unfitted, unfitted
from lrs.timetabling.unhelped import Unhelped, unhelped
from schemas.timetable import Slot

SECONDS = 1.2  # for a plan of one block
WINDOW = 2  # slots that are planned at once, the others as they are
HERE_FIRST = 0.75  # of the time goes to those who were seen lately


@dataclass(frozen=True, slots=True)
class MadePlan:
    """A plan, what it is worth, what no plan that helps as many can be worth more than, what could not be placed, and
    whom no adult helps although help is due."""

    plan: Plan
    worth: int
    bound: int
    unfitted: list[Unfitted]
    unhelped: list[Unhelped]

    @property
    def gap(self) -> float:
        """At most so much is lost, as a share of the bound."""
        return max(0.0, 1.0 - self.worth / self.bound) if self.bound else 0.0


def make_plan(
    day: DayToPlan,
    seconds: float = SECONDS,
    before: Placed | None = None,
    earlier: Plan | None = None,
    locked: frozenset[Key] = frozenset(),
    clock: Callable[[], float] = time.monotonic,
) -> MadePlan:
    """The best plan found in about so many seconds, and what it is worth.

    before: what was placed in an earlier plan; what of it can stay does, unless a person decided on help that it lacks,
    and blocks where nothing has to change are left alone. earlier: that plan, whose adults stay with their groups.
    """
    ends = clock() + seconds
    parts = list(blocks(day))
    were = _by_part(parts, before or {})
    open_ = [n for n, part in enumerate(parts) if not (before and _stays(part, were[n]))]
    firsts = dict(enumerate(were))
    most = 0
    for parts_left, n in zip(range(len(open_), 0, -1), open_, strict=True):
        until = clock() + (ends - clock()) / parts_left
        firsts[n], most_here = _place(parts[n], Wish(were[n], locked), until, clock)
        most += most_here
    placed = dict(chain.from_iterable(part_placed.items() for part_placed in firsts.values()))
    if len(parts) > 1 and len(placed) < _cells(day):  # what is left of the blocks' rooms and adults is anybody's
        placed = plan_greedily(day, placed)
    plan_worth = worth(day, placed)
    top = plan_bound(day)
    proven = most if len(parts) == 1 and not before and most else top
    return MadePlan(
        staff(day, placed, earlier),
        plan_worth,
        max(plan_worth, min(proven, top)),
        unfitted(day, placed),
        unhelped(day, placed),
    )


def _place(day: DayToPlan, wish: Wish, until: float, clock: Callable[[], float]) -> tuple[dict[Key, Place], int]:
    """A plan of a block: first of those who were seen lately, as if nobody else came; then the others around it.

    Nobody's group or place rests on somebody who may not come. Whom a person gave a cell that is locked counts as here.
    Gives the bound that was proven, 0 for none.
    """
    later = day.unseen - day.absent - {learner for learner, _ in wish.locked}
    if not later:
        return _improve(day, plan_greedily(day, wish.before), until, wish, clock)
    first = {key: place for key, place in wish.before.items() if key[0] not in later}
    here = replace(day, absent=day.absent | later)
    started = clock()
    placed, _ = _improve(
        here, plan_greedily(here, first), started + (until - started) * HERE_FIRST, Wish(first, wish.locked), clock
    )
    stay = Wish({**wish.before, **placed}, wish.locked.union(placed))
    filled = plan_greedily(day, stay.before)
    if not _keeps(filled, placed):  # what the others had is in its way
        filled = plan_greedily(day, placed)
    better, _ = _improve(day, filled, until, stay, clock)
    return (better if _keeps(better, placed) else filled), 0


def _keeps(plan: Placed, placed: Placed) -> bool:
    """Whether everybody does in it what they did."""
    return all(key in plan and plan[key].task == place.task for key, place in placed.items())


def _improve(
    day: DayToPlan, placed: dict[Key, Place], until: float, wish: Wish, clock: Callable[[], float]
) -> tuple[dict[Key, Place], int]:
    """Slots in twos, then all, then in twos at other distances, until nothing gets better or time is over.

    Gives the bound that was proven, 0 for none.
    """
    if find_spec("ortools") is None:  # the extra `plan` is not installed
        return placed, 0
    from lrs.timetabling.improve import improve  # takes seconds to import: here, as a server starts without it

    slots = [slot for slot in day.slots if any(slot.id in ids for ids in day.free_ids.values())]
    most, top = 0, plan_bound(day)
    idle = 0
    for number, window in enumerate(_windows(slots)):
        seconds_left = until - clock()
        if seconds_left < 0.05 or idle > len(slots) or (not wish.before and _is_best(day, placed, top)):
            break
        improved = improve(day, placed, window, seconds_left if len(window) == len(slots) else seconds_left / 2, wish)
        better = total(day, improved.placed, wish) > total(day, placed, wish)
        idle = 0 if better else idle + 1
        placed = improved.placed
        if len(window) == len(slots):
            if improved.bound < float("inf"):
                most = int(improved.bound) - helped(day, placed)
            if improved.bound <= improved.value:
                break
        if number > 50 * len(slots):
            break
    return placed, most


def _is_best(day: DayToPlan, placed: Placed, top: int) -> bool:
    """Whether nothing can be better: all is worth as much as it can, and all help that is due is there."""
    due = sum(sum(counts.values()) for counts in day.help.values())
    return worth(day, placed) >= top and helped(day, placed) == due


def _windows(slots: list[Slot]) -> Iterator[list[Slot]]:
    """Neighbours first, then everything, then pairs further apart, again and again."""
    count = len(slots)
    distance = 1
    while count:
        for n in range(0, count, 1 if distance > 1 else WINDOW):
            yield [slots[slot_number] for slot_number in sorted({n, (n + distance) % count})]
        if distance == 1:
            yield slots
        distance = distance % max(count - 1, 1) + 1


def _stays(day: DayToPlan, placed: Placed) -> bool:
    """Whether a plan is whole, breaks no rule, and has all help that a person decided on and an adult can lead."""
    return len(placed) == _cells(day) and not _owes(day, placed) and not broken_rules(day, staff(day, placed))


def _owes(day: DayToPlan, placed: Placed) -> bool:
    done = {(learner, place.task) for (learner, _), place in placed.items()}
    return any(
        count == DECIDED_HELP and (learner, task) not in done
        for learner, counts in day.help.items()
        for task, count in counts.items()
    )


def _cells(day: DayToPlan) -> int:
    return sum(map(len, day.free.values()))


def _by_part(parts: Sequence[DayToPlan], placed: Placed) -> list[dict[Key, Place]]:
    part_of = {learner: n for n, part in enumerate(parts) for learner in part.by_id}
    by_part: list[dict[Key, Place]] = [{} for _ in parts]
    for key, place in placed.items():
        if (n := part_of.get(key[0])) is not None:
            by_part[n][key] = place
    return by_part
