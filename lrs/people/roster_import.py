"""From files to events: read a roster, plan what it changes, and write it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from lrs.catalog.catalogs import Catalogs
from lrs.people import oneroster, plain_csv
from lrs.people.roster import Roster
from lrs.people.roster_changes import Plan, plan, rekey_members
from lrs.people.roster_rows import PlannedRow, after, planned_rows
from lrs.people.seen import Unmatched, seen_if_there, unmatched
from lrs.store.client import Store
from schemas.catalog import Catalog, Change
from schemas.people import by_identity
from schemas.xapi.invalid import Invalid

LONGEST_SOURCE = 200  # characters
CREDENTIAL = "roster"  # who the log says it was


def read(path: Path) -> Roster:
    """The roster in a file or a folder: OneRoster, or one plain CSV. Raises UnreadableCsv, OSError."""
    if oneroster.is_oneroster(path):
        return oneroster.read(path, datetime.now(UTC).date())
    return plain_csv.read(path)


class Look(NamedTuple):
    """What a roster would change, before anything is written."""

    plan: Plan
    catalog: Catalog  # as it is
    keys: list[str]  # that statements name learners by

    @property
    def rows(self) -> list[PlannedRow]:
        """Row by row."""
        return planned_rows(self.plan.changes, self.catalog)

    @property
    def nobody(self) -> list[Unmatched]:
        """Whom statements name and nobody would know, once it is written."""
        return unmatched(self.keys, after(self.catalog, self.plan.changes))


def look(catalogs: Catalogs, store: Store, tenant: str, path: Path, source: str) -> Look:
    """What importing a file or a folder would do. Raises Invalid for a source, UnreadableCsv, OSError."""
    if not 0 < len(source) <= LONGEST_SOURCE:  # entries without a source are those that people made
        raise Invalid("source", f"has 1 to {LONGEST_SOURCE} characters")
    roster = read(path)
    catalog, keys = catalogs.latest(tenant), seen_if_there(store, tenant)
    return Look(plan(roster, catalog, source, by_identity(keys)), catalog, keys)


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
