"""From files to events: read a roster, plan what it changes, and write it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from lrs.catalog.catalogs import Catalogs
from lrs.people import oneroster, plain_csv
from lrs.people.roster import Roster
from lrs.people.roster_changes import Plan, plan, rekey_members
from schemas.catalog import Change
from schemas.people import by_identity

CREDENTIAL = "roster"  # who the log says it was


def read(path: Path) -> Roster:
    """The roster in a file or a folder: OneRoster, or one plain CSV. Raises UnreadableCsv, OSError."""
    if oneroster.is_oneroster(path):
        return oneroster.read(path, datetime.now(UTC).date())
    return plain_csv.read(path)


def preview(catalogs: Catalogs, tenant: str, roster: Roster, source: str, seen: Iterable[str] = ()) -> Plan:
    """The changes that a roster makes to the current catalog."""
    return plan(roster, catalogs.latest(tenant), source, by_identity(seen))


def write(
    catalogs: Catalogs, tenant: str, changes: Iterable[Change], seen: Iterable[str] = (), credential: str = CREDENTIAL
) -> int:
    """Write changes, and show the members of every class by the keys that statements name; gives the position.

    Raises what Catalogs.append_all raises.
    """
    position = catalogs.append_all(tenant, credential, changes, _now())
    renamed = rekey_members(catalogs.latest(tenant), by_identity(seen))
    return catalogs.append_all(tenant, credential, renamed, _now()) if renamed else position


def _now() -> int:
    return time.time_ns() // 1000
