"""What can be done with the plan of a day."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.timetable import Id, Learner, Part


class _PlanRequest(Part):
    """`version` is that of the plan which is changed, as it was read: with another, nothing is done."""

    version: int | None = Field(default=None, ge=0)


class MakePlan(_PlanRequest):
    """Plan the day. `keep`: what was planned stays as far as it can."""

    do: Literal["make"]
    keep: bool = False
    seconds: float = Field(default=1.2, gt=0, le=120)


class MoveCell(_PlanRequest):
    """Exchange what a learner does in two slots. `refit`: the others are planned around it, and it is locked."""

    do: Literal["move"]
    learner: Learner
    slot: Id
    to: Id
    refit: bool = False


class AssignCell(_PlanRequest):
    """A learner works on a task of the plan in a slot; "" clears the slot."""

    do: Literal["assign"]
    learner: Learner
    slot: Id
    task: str = Field(default="", max_length=4097)
    refit: bool = False


class LockCell(_PlanRequest):
    do: Literal["lock"]
    learner: Learner
    slot: Id
    locked: bool = True


class SayAbsent(_PlanRequest):
    """Somebody, a learner or an adult, is absent (or, `present`, is there after all): the day is replanned."""

    do: Literal["absent"]
    who: str = Field(min_length=1, max_length=2048)
    present: bool = False


class PublishPlan(_PlanRequest):
    do: Literal["publish"]
    published: bool = True


class UndoChange(_PlanRequest):
    """The plan as it was before the last change; a second one does the change again. `version` says which change."""

    do: Literal["undo"]
    version: int = Field(ge=0)


PlanRequest = Annotated[
    MakePlan | MoveCell | AssignCell | LockCell | SayAbsent | PublishPlan | UndoChange, Field(discriminator="do")
]
PLAN_REQUEST: TypeAdapter[PlanRequest] = TypeAdapter(PlanRequest)
