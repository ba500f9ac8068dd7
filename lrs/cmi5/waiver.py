"""Waives an AU of a registration (cmi5 Quartz, 9.3.7)."""

from __future__ import annotations

import asyncio
import uuid

from lrs.cmi5 import lms_statements
from lrs.cmi5.lms_parts import LmsParts
from lrs.cmi5.lookup import au_of, registration_of
from lrs.cmi5.rules import LearnerSession
from lrs.cmi5.sessions import LaunchSession
from lrs.errors import Conflict
from lrs.record.appender import StatementConflict
from schemas.cmi5.course import LaunchMode


class Waiver:
    """Waives AUs of one store."""

    def __init__(self, parts: LmsParts) -> None:
        self._parts = parts

    async def waive(self, tenant: str, registration_id: str, au_id: str, reason: str) -> str:
        """Waive an AU; gives the statement's id. Raises Missing and Conflict, and what the parts it uses raise."""
        registration = await asyncio.to_thread(registration_of, self._parts.sessions, tenant, registration_id)
        _, au = await asyncio.to_thread(au_of, self._parts.catalogs, tenant, registration.course, au_id)
        now = self._parts.clock()
        # No AU is launched in this session: what the LMS says outside of a launch has a session of its own.
        session = LaunchSession(
            str(uuid.uuid4()), tenant, registration_id, au.id, LaunchMode.NORMAL, au.mastery_score, now, now, now
        )
        current = LearnerSession(session, registration.course, registration.learner)
        statement = lms_statements.waived(current, au, reason, now)
        try:
            await self._parts.own.record(tenant, statement)
        except StatementConflict:
            raise Conflict("au: already waived in this registration", "au") from None
        await self._parts.reporter.report(current)
        return str(statement["id"])
