"""What /explain answers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _ExplainAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExplainedObservation(_ExplainAnswer):
    """One observation: what the statement would mean for one learner. `time` is in µs since the epoch."""

    time: int
    kind: str
    learner: str
    person: str | None
    name: str | None
    item: str
    skills: list[str]
    outcome: float | None
    share: float | None
    duration: float | None
    session: str
    attempt: str
    parents: list[str]
    by: str


class Explanation(_ExplainAnswer):
    """Whether a statement is right (else the field and what is wrong with it, and what a lenient credential would
    repair), which tool speaks, what it is read as, and why."""

    valid: bool
    error: str | None = None
    field: str | None = None
    repairs: list[str] | None = None
    tool: str | None = None
    because: list[str]
    read_as: list[ExplainedObservation]


class Explanations(_ExplainAnswer):
    """One for each statement, in order."""

    statements: list[Explanation]
