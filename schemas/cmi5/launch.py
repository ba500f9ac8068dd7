"""Requests of cmi5 clients: launch a session, waive an AU."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from schemas.cmi5.course import LaunchMode
from schemas.xapi.values import Iri, Uuid

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class LmsAccount(_Sent):
    """An LMS identifies a learner by an account (cmi5 Quartz, 9.2)."""

    homePage: Iri
    name: str = Field(min_length=1)


class LaunchLearner(_Sent):
    """Who plays the session."""

    objectType: Literal["Agent"] = "Agent"
    account: LmsAccount
    name: str | None = None


class LaunchRequest(_Sent):
    """A session to begin (cmi5 Quartz, 8 and 10)."""

    course: str
    au: str
    learner: LaunchLearner
    registration: Uuid | None = None
    launchMode: LaunchMode = LaunchMode.NORMAL
    returnURL: Iri | None = None
    alternateEntitlementKey: str | None = None


class WaiverRequest(_Sent):
    """An AU that a learner need not play, and why (cmi5 Quartz, 9.3.7)."""

    au: str
    reason: Text
