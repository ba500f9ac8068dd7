"""Alerts as events: that somebody newly needs a person, and that they no longer do; and what is kept of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from schemas.overruling import PutOff
from schemas.xapi.values import LONGEST_IRI

KEPT = 5_000  # of a tenant; earlier ones are in the log
AGAIN = 24 * 3600 * 1_000_000  # µs: what comes back sooner is the same need


class AlertKind(StrEnum):
    """What an alert says of a learner."""

    HELP = "help"  # newly needs help in a skill
    INTENSIVE = "intensive support"  # in several at once
    ENRICHMENT = "enrichment"  # is done with what the class works on
    DRIFTING = "drifting"  # works otherwise than before
    UNSEEN = "unseen"  # for long, while the class works


class AlertKey(NamedTuple):
    """What can be the case of a learner. about: the skill, or else the class."""

    what: AlertKind
    learner: str
    about: str


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    what: AlertKind = Field(strict=False)
    learner: str = Field(min_length=1)  # the person's id
    about: str = Field(min_length=1, max_length=LONGEST_IRI)
    evidence: int = Field(ge=0)  # µs: the time of the last event that it rests on

    @property
    def key(self) -> AlertKey:
        return AlertKey(self.what, self.learner, self.about)

    @property
    def need(self) -> AlertKey:
        """What a person should look at once: all skills that a learner needs help in are one need."""
        if self.what in (AlertKind.HELP, AlertKind.INTENSIVE):
            return AlertKey(AlertKind.HELP, self.learner, "")
        return self.key


class AlertReason(BaseModel):
    """Why, as data: a code with the numbers and names in it (`lrs/pacing/reasons.py`)."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    code: str = Field(min_length=1, max_length=64)
    values: dict[str, str | int | float | list[str]] = Field(default={})


class Alert(_Event):
    """Something is the case that was not.

    reason: in English, as it was then. because: the same as data, where a release wrote it that says alerts in several
    languages. quiet: it was the case when watching began, or a moment ago, so that no alert is raised.
    """

    kind: Literal["alert"] = "alert"
    class_id: str = Field(max_length=256)
    reason: str = Field(max_length=1000)
    because: list[AlertReason] = Field(default=[], max_length=8)
    quiet: bool = False


class AlertOver(_Event):
    """That something of a learner is the case no longer."""

    kind: Literal["alert_over"] = "alert_over"


class WatchingAlerts(BaseModel):
    """Somebody began to watch: what is the case at that moment is not new."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    kind: Literal["watching_alerts"] = "watching_alerts"


class SaidPutOff(NamedTuple):
    """A word of somebody, with the time it was accepted (µs)."""

    change: PutOff
    at: int


AlertEvent = Alert | AlertOver | WatchingAlerts


class RaisedAlert(NamedTuple):
    """An alert that people receive. number: counts a tenant's from 1; at: when it was raised (µs)."""

    number: int
    at: int
    alert: Alert


@dataclass(slots=True)
class Alerts:
    """A tenant's alerts after the events so far. What says again what is known, or rests on nothing new, changes
    nothing: several may watch, and what was read again raises no alert twice."""

    watched: bool = False  # whether what was the case when watching began is known
    last: int = 0  # number of the last
    open: dict[AlertKey, Alert] = field(default_factory=dict)
    rests_on: dict[AlertKey, int] = field(default_factory=dict)  # the newest evidence of what was raised, or is over
    over: dict[AlertKey, int] = field(default_factory=dict)  # when it ended (µs)
    put_off: dict[tuple[str, str], SaidPutOff] = field(default_factory=dict)  # by learner's key and skill
    _kept: deque[RaisedAlert] = field(default_factory=lambda: deque(maxlen=KEPT))

    def is_new(self, key: AlertKey, evidence: int) -> bool:
        """Whether it is not known already that something is the case."""
        return key not in self.open and evidence > self.rests_on.get(key, -1)

    def is_back(self, key: AlertKey, now: int) -> bool:
        """Whether it ended only a moment ago."""
        ended = self.over.get(key)
        return ended is not None and now - ended < AGAIN

    def apply(self, change: AlertEvent | PutOff, at: int) -> None:
        """Fold one event in."""
        if isinstance(change, PutOff):
            self.put_off.pop((change.learner, change.skill), None)  # so that the last word is the last of the dict
            self.put_off[change.learner, change.skill] = SaidPutOff(change, at)
            return
        if isinstance(change, WatchingAlerts):
            self.watched = True
        elif isinstance(change, AlertOver):
            if self.open.pop(change.key, None) is not None:
                self.over[change.key] = at
            self.rests_on[change.key] = max(change.evidence, self.rests_on.get(change.key, -1))
        elif self.is_new(change.key, change.evidence):
            self.open[change.key] = change
            self.rests_on[change.key] = change.evidence
            if not change.quiet:
                self.last += 1
                self._kept.append(RaisedAlert(self.last, at, change))
        else:  # said again once it is over, it would seem to be new
            self.rests_on[change.key] = max(change.evidence, self.rests_on.get(change.key, -1))

    def after(self, number: int) -> list[RaisedAlert]:
        """The alerts after a number that are kept."""
        newer = takewhile(lambda raised: raised.number > number, reversed(self._kept))
        return list(newer)[::-1]

    def since(self, at: int) -> list[RaisedAlert]:
        """The alerts of a time (µs) and later that are kept."""
        return [raised for raised in self._kept if raised.at >= at]
