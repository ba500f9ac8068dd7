"""The LMS of one store: a launcher, a waiver, a reporter of what is satisfied, and the guard of its sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lrs.auth.credentials import Credentials
from lrs.catalog.catalogs import Catalogs
from lrs.cmi5.guard import SessionGuard
from lrs.cmi5.launcher import Launcher
from lrs.cmi5.lms_parts import LmsParts
from lrs.cmi5.reporter import Reporter
from lrs.cmi5.sessions import Sessions
from lrs.cmi5.waiver import Waiver
from lrs.documents.store import Documents
from lrs.log import Log
from lrs.record.acknowledged import Acknowledged
from lrs.record.finder import Finder
from lrs.record.own_statements import OwnStatements
from lrs.record.recorder import Recorder

_KEY = "lms"  # the name in the authority of what the LMS says


class Lms(NamedTuple):
    """The parts of the LMS."""

    launcher: Launcher
    waiver: Waiver
    reporter: Reporter
    guard: SessionGuard


def make_lms(
    log: Log,
    catalogs: Catalogs,
    sessions: Sessions,
    documents: Documents,
    credentials: Credentials,
    recorder: Recorder,
    finder: Finder,
    acknowledged: Acknowledged,
    clock: Callable[[], int],
) -> Lms:
    """Put the LMS together. `recorder` records what the LMS itself says: no guard is around it."""
    own = OwnStatements(recorder, acknowledged, _KEY)
    reporter = Reporter(log, catalogs, sessions, finder, own, clock)
    parts = LmsParts(catalogs, sessions, own, reporter, clock)
    return Lms(
        Launcher(parts, documents, credentials),
        Waiver(parts),
        reporter,
        SessionGuard(sessions, finder, clock, reporter.report),
    )
