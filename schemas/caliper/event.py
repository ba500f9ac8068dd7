"""The grammar of events (Caliper 1.2, 2.1): the same for every type of event."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from schemas.caliper.entity import Id, Made, Thin
from schemas.xapi.values import Timestamp


class CaliperEvent(BaseModel):
    """Who did what to what, and when; `generated` is the result."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    id: Id
    type: str = Field(min_length=1)
    actor: Thin
    action: str = Field(min_length=1)
    object: Thin
    eventTime: Timestamp
    target: Thin | None = None
    generated: Made | None = None
    group: Thin | None = None
    edApp: Thin | None = None
    session: Thin | None = None
    membership: Any = None
    extensions: Any = None
