"""Where launch data stands: a State document of the learner, for the AU to read (cmi5 Quartz, 10)."""

from __future__ import annotations

from typing import Any

import orjson

from lrs.cmi5.rules import Seat
from lrs.documents.store import Address, Content, Documents, Shelf
from schemas.cmi5 import words
from schemas.xapi.actor import learner_key


def put_launch_data(documents: Documents, seat: Seat, data: dict[str, Any]) -> None:
    """Put a session's launch data, in place of that of the session before. Raises Unavailable and Full."""
    shelf = Shelf(seat.session.tenant, "state", seat.activity, learner_key(seat.learner))
    content = Content(orjson.dumps(data), "application/json")
    documents.change(Address(shelf, words.LAUNCH_DATA, seat.session.registration), lambda _: content)
