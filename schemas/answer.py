"""What every answer of the API is: a model that is not changed, and has no field that is not described."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """The base of the models of answers, and of what they are made of."""

    model_config = ConfigDict(extra="forbid", frozen=True)
