"""Whose decisions a change of the catalog would alter now: the boards of classes by two catalogs, compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from lrs.pacing.board import class_boards
from lrs.store.client import Store
from schemas.catalog import Catalog, Change, Class, Skill
from schemas.decision import Decision
from schemas.narrowed_policy import NarrowedPolicy
from schemas.policy import Policy

CHUNK = 8  # classes whose boards are made at a time
COMPARED = 2_000  # learners, in a request
MOST_LISTED = 200  # decisions
_ORDER = tuple(map(str, Decision))  # the most urgent first


def compare_boards(
    store: Store, tenant: str, catalogs: tuple[Catalog, Catalog], touched: Sequence[Class], now: int
) -> dict[str, Any]:
    """The decisions that are not the same by the one catalog and by the other. now: µs since the epoch.

    Raises what the store raises.
    """
    compared, chunks = _limited(touched)
    listed: list[dict[str, Any]] = []
    moves: Counter[tuple[str, str]] = Counter()
    learners = set()
    for classes in chunks:
        boards = [
            class_boards(store, catalog, tenant, [catalog.classes.get(class_.id, class_) for class_ in classes], now)
            for catalog in catalogs
        ]
        for board_before, board_after in zip(*boards, strict=True):
            for difference in _cell_differences(board_before, board_after):
                moves[difference["before"], difference["after"]] += 1
                learners.add(difference["learner"])
                if len(listed) < MOST_LISTED:
                    listed.append(difference)
    by_count = sorted(moves.items(), key=lambda move: (-move[1], *map(_ORDER.index, move[0])))
    return {
        "classes": len(touched),
        "compared": compared,
        "changed": moves.total(),
        "learners": len(learners),
        "moves": [{"before": before, "after": after, "decisions": count} for (before, after), count in by_count],
        "decisions": listed,
    }


def classes_reached(changes: Sequence[Change], before: Catalog, after: Catalog) -> list[Class]:
    """The classes whose decisions some changes may alter by themselves, whatever answers are read as: those that teach
    a skill that is changed, those that are changed, and all where a policy is."""
    policies = any(isinstance(change, Policy | NarrowedPolicy) for change in changes)
    skills = {change.id for change in changes if isinstance(change, Skill)}
    return [
        class_
        for class_ in before.classes.values()
        if (changed := after.classes.get(class_.id)) is not None
        and (policies or changed != class_ or not skills.isdisjoint(class_.skills))
    ]


def _limited(classes: Sequence[Class]) -> tuple[int, Iterator[Sequence[Class]]]:
    """How many of the first classes are compared, and these in chunks."""
    learners = compared = 0
    for class_ in classes:
        if compared and learners + len(class_.learners) > COMPARED:
            break
        learners += len(class_.learners)
        compared += 1
    return compared, (classes[at : min(at + CHUNK, compared)] for at in range(0, compared, CHUNK))


def _cell_differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The decisions of one class that are not the same on two boards of it, of who and what is on both."""
    names = {skill["id"]: skill["name"] for skill in before["skills"]}
    others = {(row["learner"], cell["skill"]): cell for row in after["learners"] for cell in row["cells"]}
    for learner in before["learners"]:
        for was in learner["cells"]:
            becomes = others.get((learner["learner"], was["skill"]), was)  # whom nobody knows afterwards has none
            if was["decision"] != becomes["decision"]:
                yield {
                    "class": before["class"],
                    "learner": learner["learner"],
                    "name": learner["name"],
                    "skill": {"id": was["skill"], "name": names[was["skill"]]},
                    "before": was["decision"],
                    "after": becomes["decision"],
                    "reason": becomes["reason"],
                    "because": becomes["because"],
                }
