"""Canonical definitions of activities, put together from the parts that statements said last."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson

from lrs.store.client import Store


class Definitions:
    """Reads the table `definitions` (what `processors.stages.definitions` writes)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, tenant: str, activities: Collection[str]) -> dict[str, dict[str, Any]]:
        """The definition of each of the activities that has one. Raises the store's errors."""
        if not activities:
            return {}
        # Bound into the query's text, as a list of any length does not go into an address.
        definition_rows = self._store.tuples(
            "SELECT activity, part, key, value FROM definitions FINAL "
            "WHERE tenant = %(tenant)s AND activity IN %(activities)s ORDER BY activity, part, key",
            {"tenant": tenant, "activities": list(activities)},
        )
        definitions: dict[str, dict[str, Any]] = {}
        for activity, part, key, value in definition_rows:
            definition = definitions.setdefault(activity, {})
            if part == "interaction":
                definition |= orjson.loads(value)
            elif key:
                definition.setdefault(part, {})[key] = orjson.loads(value)
            else:
                definition[part] = orjson.loads(value)
        return definitions
