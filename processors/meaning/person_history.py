"""One person's observations across all their keys: on the person's own days, deduplicated per statement. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from schemas.days import local_day
from schemas.observation import Observation, Order


def on_local_day(o: Observation, zone: str) -> Observation:
    """An observation on the day of a zone; "" is UTC."""
    day, midnight = local_day(o.time, zone) or (None, None)
    if (o.day, o.midnight) == (day, midnight):
        return o
    return msgspec.structs.replace(o, day=day, midnight=midnight)


def once(observations: Iterable[Observation], after: Order | None = None) -> list[Observation]:
    """Observations in their order, the first of each statement: a group's may name a person by several keys.

    `after` is that of the observation before them, if any.
    """
    deduplicated: list[Observation] = []
    statement = after[2] if after else ""
    for o in observations:
        if o.statement != statement:
            deduplicated.append(o)
            statement = o.statement
    return deduplicated
