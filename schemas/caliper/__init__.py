"""Caliper Analytics 1.1 and 1.2: the grammar of envelopes, events and the entities that mapping needs."""

from __future__ import annotations

from schemas.caliper.entity import CaliperEntity
from schemas.caliper.envelope import VERSIONS, CaliperEnvelope, Unsupported, parse
from schemas.caliper.event import CaliperEvent

__all__ = ["VERSIONS", "CaliperEntity", "CaliperEnvelope", "CaliperEvent", "Unsupported", "parse"]
