"""Whom a class has not seen for long, as groups and plans count it: they do not count on those. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lrs.pacing.long_unseen import long_unseen
from schemas.catalog import Catalog, Class


class PlacedLearner(NamedTuple):
    """How a learner is called; not_seen_for: days, where that is long."""

    name: str
    not_seen_for: int | None = None


def unseen_in(catalog: Catalog, class_: Class, last_seen: Mapping[str, int], now: int) -> dict[str, int]:
    """By member, by their key in the class: for how many days they were not seen, of whoever was not for long.

    last_seen: by member, of everybody (µs), what statements say. Whoever asked to join a lesson, was included in one,
    or answered an opening check was here then, too.
    """
    people = catalog.people
    members = {people.member(member): member.learner for member in reversed(class_.learners)}
    seen = dict(last_seen)

    def was_here(learner: str | None, at: int) -> None:
        if learner in seen:
            seen[learner] = max(seen[learner], at)

    for (key, _), asked_lesson in list(catalog.planned.asks.items()):
        was_here(members.get(people.person(key)), max(asked_lesson.at, asked_lesson.included or 0))
    for kept_check in list(catalog.planned.checks.get(class_.id, {}).values()):
        for (learner, _), answer in list(kept_check.results.items()):
            if answer.right is not None:
                was_here(learner, kept_check.at)
    return long_unseen(seen, catalog.policies.of(class_, "").policy.stale_after, now)
