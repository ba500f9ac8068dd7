"""Explain: what a statement is read as, and why, in words. Pure; it says what `interpret` does, and stores nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from processors.meaning.interpret import interpret, why_nothing
from processors.meaning.parents import ActivitiesAround, activities_around
from processors.meaning.score import judged_by
from processors.meaning.skills import TaughtSkills, what_is_taught
from processors.meaning.tool import Tool, tool_of
from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.table import row_of
from schemas.catalog import Catalog
from schemas.observation import Observation

_OUTCOME_WORDS = {1.0: "right", 0.0: "wrong", None: "not judged"}


class Meaning(NamedTuple):
    """What a statement is read as (nothing for a reason, if there are no observations), and why."""

    tool: str
    observations: list[Observation]
    because: list[str]


def interpretation_in_words(statement: Mapping[str, Any], catalog: Catalog, tenant: str = "") -> Meaning:
    """The explanation. Raises ValueError, KeyError, TypeError as `interpret` does."""
    facts = Facts(statement)
    tool = tool_of(facts)
    vocabulary_row = row_of(facts)
    when = f", {vocabulary_row.when.text}" if vocabulary_row.when else ""
    because = [f"the verb{when} means {vocabulary_row.means} ({vocabulary_row.source})"]
    why = why_nothing(statement)
    if why is not None:
        return Meaning(tool, [], [*because, f"nobody's learning: {why}"])
    observations = interpret(statement, catalog, tenant, 0, 0)
    if not observations:
        return Meaning(tool, [], [*because, "nobody's learning: the actor names nobody"])
    first_observation = observations[0]
    near = activities_around(facts, tool)
    teaching = what_is_taught(first_observation.kind, first_observation.item, facts, near, tool, catalog)
    if first_observation.kind is not vocabulary_row.means:
        because.append(f"judged, and the item teaches something: {first_observation.kind}")
    if first_observation.item != facts.id:
        because.append(f"the item is {first_observation.item}: the object is a try at it, or a part of it")
    because.append(_judgement(facts, tool, first_observation, vocabulary_row.outcome, teaching.threshold))
    because.append(_skills_in_words(facts, near, tool, catalog, first_observation, teaching))
    if first_observation.sent is not None:
        because.append("its timestamp is later than when it was stored: it is read as of then")
    return Meaning(tool, observations, because)


def _judgement(
    facts: Facts, tool: Tool, observation: Observation, by_verb: float | None, threshold: float | None
) -> str:
    marks = f"a share of {observation.share:g} of the marks" if observation.share is not None else "no marks"
    why = (
        judged_by(facts, observation.share, tool, by_verb, threshold)
        if observation.outcome is not None
        else _unjudged(facts)
    )
    return f"{_OUTCOME_WORDS[observation.outcome]}: {why}; {marks}{_raw_score(facts)}"


def _raw_score(facts: Facts) -> str:
    named = [f"{name} {facts.score[name]}" for name in ("raw", "min", "max", "scaled") if name in facts.score]
    return f" ({', '.join(named)})" if named else ""


def _unjudged(facts: Facts) -> str:
    return "the result says neither success nor enough of a score" if facts.result else "there is no result"


def _skills_in_words(
    facts: Facts, near: ActivitiesAround, tool: Tool, catalog: Catalog, observation: Observation, teaching: TaughtSkills
) -> str:
    if not observation.skills:
        return "no skill: neither the statement nor the catalog says what the item teaches"
    named = ", ".join(observation.skills)
    if observation.provisional:
        return f"skill {named}: provisional, the unit that the item is in, as nobody says what it teaches"
    if near.skills:
        return f"skill {named}: from the statement's context"
    if observation.skills == (observation.item,):
        return f"skill {named}: the object itself is one"
    own_skills, _ = catalog.lookup(observation.item, facts.type, facts.context.get("platform") or "", ())
    return f"skill {named}: by the catalog's entry of {'the item' if own_skills else 'what the item is a part of'}"
