"""Whose statement it is: who learned, and who assessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.iris import CALIPER
from schemas.observation import Kind
from schemas.xapi.actor import learner_key, members

_FOR_EXTENSION = "https://yetanalytics.com/profiles/prepositions/concepts/context-extensions/for"
_LEARNER_EXTENSION = "https://w3id.org/xapi/tla/extensions/learner"
MEMBERSHIP_ROLES = CALIPER + "roles"  # the extension that keeps the roles of a Caliper membership
BY = CALIPER + "by"  # who graded, where that is somebody else
_BRIGHTSPACE_ACTOR = "https://api.brightspace.com/xapi/extension_keys/context/actor"
_ANONYMOUS = "anonymous"
_SHARED = f"|{_ANONYMOUS}"
_GRADING_VERBS = ("scored", "graded", "evaluated", "assessed", "judged", "appraised")
_LEARNER_MEMBERSHIP_ROLES = frozenset({"Learner", "Student", "Member"})  # of Caliper


def learners(statement: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(key, name) of the learners a statement is about; those of the context where a teacher or a system speaks."""
    keyed = [(learner_key(agent), agent.get("name", "")) for agent in members(_about(statement))]
    return [key_and_name for key_and_name in keyed if not key_and_name[0].endswith(_SHARED)]


def _about(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    context = statement.get("context")
    extensions = context.get("extensions") if context else None
    if extensions and (_FOR_EXTENSION in extensions or _LEARNER_EXTENSION in extensions):
        for key in (_FOR_EXTENSION, _LEARNER_EXTENSION):
            agent = extensions.get(key)
            if isinstance(agent, dict) and _key_or_nobody(agent):
                return agent
    actor: Mapping[str, Any] = statement["actor"]
    return actor


def for_another(statement: Mapping[str, Any], facts: Facts) -> bool:
    """Whether the actor acts on the work of the learner whom the context names."""
    extensions = facts.extensions
    if not extensions or (_FOR_EXTENSION not in extensions and _LEARNER_EXTENSION not in extensions):
        return False
    return _about(statement) is not statement["actor"]


def assessor(statement: Mapping[str, Any], facts: Facts, kind: Kind) -> str:
    """The key of who assessed, where that is somebody else than the learner; "" otherwise."""
    if facts.extensions.get(BY):
        return str(facts.extensions[BY])
    if for_another(statement, facts):
        return _key_or_nobody(statement["actor"])
    instructor = facts.context.get("instructor")
    if instructor and kind in (Kind.SCORE, Kind.ATTEMPT) and facts.verb.rpartition("/")[2] in _GRADING_VERBS:
        return _key_or_nobody(instructor)
    return ""


def teaches(facts: Facts) -> bool:
    """Whether the actor's Caliper membership has roles, and none of them is a learner's."""
    roles = facts.extensions.get(MEMBERSHIP_ROLES)
    return bool(roles) and isinstance(roles, list) and not _LEARNER_MEMBERSHIP_ROLES.intersection(map(str, roles))


def impersonates(facts: Facts) -> bool:
    """Whether somebody else acted under the actor's name (Brightspace)."""
    actor = facts.extensions.get(_BRIGHTSPACE_ACTOR)
    return isinstance(actor, dict) and bool(actor.get("impersonatingUserId"))


def anonymous(statement: Mapping[str, Any]) -> bool:
    """Whether the actor is an account that all share who do not want to be known (Moodle)."""
    account = statement["actor"].get("account")
    return account is not None and account["name"] == _ANONYMOUS


def _key_or_nobody(agent: Mapping[str, Any]) -> str:
    try:
        return learner_key(agent)
    except ValueError:
        return ""
