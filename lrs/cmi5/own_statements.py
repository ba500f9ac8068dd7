"""Records what the LMS itself says."""

from __future__ import annotations

from typing import Any

import orjson

from lrs.auth.credentials import Credential
from lrs.record.acknowledged import Acknowledged
from lrs.record.recorder import Recorder

XAPI_VERSION = "1.0.3"  # of xAPI, in the statements of the LMS
_KEY = "lms"  # the name in their authority


class OwnStatements:
    """The statements of one LMS."""

    def __init__(self, recorder: Recorder, acknowledged: Acknowledged) -> None:
        self._recorder = recorder
        self._acknowledged = acknowledged

    async def record(self, tenant: str, statement: dict[str, Any]) -> None:
        """Record a statement. Raises as the recorder does."""
        _, position = await self._recorder.record([orjson.dumps(statement)], Credential(_KEY, tenant), XAPI_VERSION)
        self._acknowledged.advance(position)
