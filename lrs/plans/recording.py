"""Records the statements of results that a teacher enters."""

from __future__ import annotations

from collections.abc import Sequence

from lrs.auth.credentials import Credential
from lrs.record.acknowledged import Acknowledged
from lrs.record.recorder import Recorder

XAPI_VERSION = "1.0.3"  # of xAPI
_KEY = "opening check"  # the name in their authority


class ResultRecording:
    """Durable when it returns. Raises as the recorder does."""

    def __init__(self, recorder: Recorder, acknowledged: Acknowledged) -> None:
        self._recorder = recorder
        self._acknowledged = acknowledged

    async def __call__(self, tenant: str, statements: Sequence[bytes]) -> None:
        if statements:
            _, position = await self._recorder.record(list(statements), Credential(_KEY, tenant), XAPI_VERSION)
            self._acknowledged.advance(position)
