"""Caliper Analytics 1.1 and 1.2: the grammar of envelopes, events and the entities that mapping needs."""

from __future__ import annotations

from schemas.caliper.entity import Entity
from schemas.caliper.envelope import VERSIONS, Envelope, Unsupported, parse
from schemas.caliper.event import Event

__all__ = ["VERSIONS", "Entity", "Envelope", "Event", "Unsupported", "parse"]
