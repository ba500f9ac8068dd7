"""What the API answers of versions of models. These models describe it; dicts of the same keys are sent."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from schemas.answer import Answer


class VersionWanted(Answer):
    """Which version a request is about."""

    version: str = Field(min_length=1, max_length=256)


class ShownModelVersion(Answer):
    """A version of a tenant's weights as the API shows it, with the report of its fit; the first is Pacer's own."""

    version: str
    position: int | None
    at: int | None
    active: bool
    report: dict[str, Any]


class ChangedDecisions(Answer):
    """How many decisions change from one into another."""

    from_: str = Field(alias="from")
    to: str
    decisions: int


class VersionDifferences(Answer):
    """Whose decisions a version changes; `shown` has some of them, with both reasons."""

    decisions: int
    changed: int
    learners: int
    by: list[ChangedDecisions]
    shown: list[dict[str, Any]]


class VersionRun(Answer):
    """A version that is, or was, compared or made active; `done` of `of` learners are folded."""

    version: str
    against: str
    state: Literal["comparing", "compared", "activating", "active", "failed"]
    done: int
    of: int
    problem: str
    differences: VersionDifferences | None


class ShownModelVersions(Answer):
    """A tenant's versions of mastery, and the last run of one."""

    versions: list[ShownModelVersion]
    run: VersionRun | None
