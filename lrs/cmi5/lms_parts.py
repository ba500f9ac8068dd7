"""What launching and waiving both need of the LMS."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lrs.catalog.catalogs import Catalogs
from lrs.cmi5.reporter import Reporter
from lrs.cmi5.sessions import Sessions
from lrs.record.own_statements import OwnStatements


class LmsParts(NamedTuple):
    """Courses, sessions, how the LMS records and reports, and its clock (µs since the epoch)."""

    catalogs: Catalogs
    sessions: Sessions
    own: OwnStatements
    reporter: Reporter
    clock: Callable[[], int]
