"""Where launch data is kept: a State document of the learner, for the AU to read (cmi5 Quartz, 10)."""

from __future__ import annotations

from typing import Any

import orjson

from lrs.cmi5.rules import LearnerSession
from lrs.documents.store import Content, DocumentAddress, Documents, Shelf
from schemas.cmi5 import words
from schemas.xapi.actor import learner_key


def put_launch_data(documents: Documents, current: LearnerSession, data: dict[str, Any]) -> None:
    """Put a session's launch data; it replaces that of the session before. Raises Unavailable and Full."""
    shelf = Shelf(current.session.tenant, "state", current.activity, learner_key(current.learner))
    content = Content(orjson.dumps(data), "application/json")
    documents.change(DocumentAddress(shelf, words.LAUNCH_DATA, current.session.registration), lambda _: content)
