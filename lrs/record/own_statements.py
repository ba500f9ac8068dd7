"""Records what the store says itself: as the LMS of cmi5, and of the results of an opening check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from lrs.auth.credentials import Credential
from lrs.record.acknowledged import Acknowledged
from lrs.record.recorder import Recorder

OWN_VERSION = "1.0.3"  # of xAPI, in these statements


class OwnStatements:
    """The statements of one part of the store, durable when they are recorded. key: the name in their authority."""

    def __init__(self, recorder: Recorder, acknowledged: Acknowledged, key: str) -> None:
        self._recorder = recorder
        self._acknowledged = acknowledged
        self._key = key

    async def record(self, tenant: str, statement: dict[str, Any]) -> None:
        """Record a statement. Raises as the recorder does."""
        await self.record_all(tenant, [orjson.dumps(statement)])

    async def record_all(self, tenant: str, statements: Sequence[bytes]) -> None:
        """Record any number of statements. Raises as the recorder does."""
        if statements:
            _, position = await self._recorder.record(list(statements), Credential(self._key, tenant), OWN_VERSION)
            self._acknowledged.advance(position)
