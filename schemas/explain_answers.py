"""What /explain answers."""

from __future__ import annotations

from schemas.answer import Answer


class ExplainedObservation(Answer):
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


class Explanation(Answer):
    """Whether a statement is right (else the field and what is wrong with it, and what a lenient credential would
    repair), which tool speaks, what it is read as, and why."""

    valid: bool
    error: str | None = None
    field: str | None = None
    repairs: list[str] | None = None
    tool: str | None = None
    because: list[str]
    read_as: list[ExplainedObservation]


class Explanations(Answer):
    """The explanations of a request's statements, in order."""

    statements: list[Explanation]
