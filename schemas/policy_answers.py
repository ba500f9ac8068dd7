"""What the API of policies takes and answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.answer import Answer
from schemas.decision import Decision
from schemas.pacing_answers import Because, Count, NamedThing

ThresholdValues = dict[str, int | float]


class PolicyScope(Answer):
    """Where a policy applies; all empty: everywhere."""

    school: Annotated[str, Field(max_length=256)] = ""
    class_id: Annotated[str, Field(max_length=256)] = ""
    skill: Annotated[str, Field(max_length=2048)] = ""


class PolicyRequest(PolicyScope):
    """The thresholds of a scope. Those that are not named are the wider scope's, of everybody the shipped ones."""

    thresholds: ThresholdValues = Field(default={})
    by: Annotated[str, Field(max_length=200, description="who, where a tool asks; else it is who signed in")] = ""
    version: Annotated[int | None, Field(description="that was looked at: another since is a conflict")] = None


class PolicyVersion(Answer):
    """Thresholds that a scope had of its own; the version is the position of the event."""

    version: Count
    at: Annotated[int, Field(description="µs since the epoch")]
    by: str
    thresholds: ThresholdValues


class PolicyShown(Answer):
    """What applies in a scope, and what of that is its own."""

    scope: PolicyScope
    version: Annotated[Count, Field(description="position of the last event that shapes it")]
    effective: ThresholdValues
    wider: Annotated[ThresholdValues, Field(description="what would apply without its own")]
    own: ThresholdValues
    names: Annotated[list[str], Field(description="of thresholds that can be set in this scope")]
    versions: Annotated[list[PolicyVersion], Field(description="of this scope's own, the latest first")]
    scopes: Annotated[list[PolicyScope], Field(description="that have thresholds of their own")]


class ChangedDecision(Answer):
    """A decision as it is, and as it would be."""

    class_: Annotated[NamedThing, Field(alias="class")]
    learner: str
    name: str
    skill: NamedThing
    before: Decision
    after: Decision
    reason: Annotated[str, Field(description="of what it would be, in English")]
    because: Because


class DecisionMove(Answer):
    """How many decisions would go from one to another."""

    before: Decision
    after: Decision
    decisions: Count


class ChangedBoards(Answer):
    """Whose decisions a change would alter now, as boards show them."""

    classes: Annotated[Count, Field(description="that the change applies to")]
    compared: Annotated[Count, Field(description="of these classes, those whose decisions were compared")]
    changed: Annotated[Count, Field(description="decisions that would be others")]
    learners: Annotated[Count, Field(description="whose decisions these are")]
    moves: Annotated[list[DecisionMove], Field(description="from which decision to which, the most of them first")]
    decisions: Annotated[list[ChangedDecision], Field(description="the first of them")]


class PolicyPreview(ChangedBoards):
    """Whose decisions a change of policy would alter now."""

    version: Annotated[Count, Field(description="to send when it is applied")]


class PolicyApplied(Answer):
    position: Count
