"""In which classes something happened, and who teaches there: as statements say it, until a roster does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from processors.meaning.learners import MEMBERSHIP_ROLES, teaches
from processors.meaning.parents import ActivitiesAround, activities_around
from processors.meaning.tool import tool_of
from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.types import ActivityRole
from schemas.catalog import Catalog
from schemas.observation import Kind
from schemas.xapi.actor import learner_key

MOST_CLASSES = 8  # that one statement names
_COURSE, _GROUP = ActivityRole.COURSE, ActivityRole.GROUP
_WORK_KINDS = frozenset({Kind.ATTEMPT, Kind.SCORE, Kind.COMPLETION})


def classes_of(kind: Kind, facts: Facts, near: ActivitiesAround, catalog: Catalog) -> tuple[str, ...]:
    """The courses and groups in which the learner worked; a visit is no work."""
    if kind not in _WORK_KINDS:
        return ()
    return _class_ids(facts, near, catalog)


def may_teach(statement: Mapping[str, Any]) -> bool:
    """Whether it may name somebody who teaches: so few do that it is worth asking."""
    context = statement.get("context") or {}
    return "instructor" in context or MEMBERSHIP_ROLES in (context.get("extensions") or ())


def taught_in(statement: Mapping[str, Any], catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    """(class, key, name) of whoever a statement says teaches: its instructor, or an actor in a role of no learner's."""
    facts = Facts(statement)
    agents = [facts.context.get("instructor"), statement["actor"] if teaches(facts) else None]
    keyed = [(key, agent.get("name") or "") for agent in agents if agent and (key := _class_key(agent))]
    if keyed:
        for class_id in _class_ids(facts, activities_around(facts, tool_of(facts)), catalog):
            for key, name in keyed:
                yield class_id, key, name


def _class_ids(facts: Facts, near: ActivitiesAround, catalog: Catalog) -> tuple[str, ...]:
    classes = [id_ for id_, role in near.parents if role is _COURSE or role is _GROUP]
    if facts.role is _COURSE:
        classes.append(facts.id)
    if catalog.courses:
        classes += catalog.courses_of((facts.id, *near.ids))
    team = facts.context.get("team")
    if team and (key := _class_key(team)):
        classes.append(key)
    return tuple(dict.fromkeys(classes))[:MOST_CLASSES] if classes else ()


def _class_key(agent: Mapping[str, Any]) -> str:
    try:
        return learner_key(agent)
    except ValueError:  # a group without an identifier
        return ""
