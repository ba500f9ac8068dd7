"""From files to events: read a roster, plan what it changes, and write it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from lrs.catalog.catalogs import Catalogs
from lrs.clock import system_time
from lrs.people import oneroster, plain_csv
from lrs.people.roster import Roster
from lrs.people.roster_changes import RosterPlan, plan_roster, rekey_members
from lrs.people.roster_preview import PlannedRow, catalog_after, planned_rows
from lrs.people.seen import Unmatched, keys_seen_if_there, unmatched_by_home_page
from lrs.store.client import Store
from schemas.catalog import Catalog, Change
from schemas.invalid import Invalid
from schemas.people import by_identity
from schemas.typed_text import line_fault
from schemas.wording import worded

LONGEST_SOURCE = 200  # characters
ROSTER_CREDENTIAL = "roster"  # who the log says it was


def read_roster(path: Path) -> Roster:
    """The roster in a file or a folder: OneRoster, or one plain CSV. Raises UnreadableCsv, OSError."""
    if oneroster.is_oneroster(path):
        return oneroster.read_oneroster(path, datetime.now(UTC).date())
    return plain_csv.read_plain_csv(path)


class RosterPreview(NamedTuple):
    """What a roster would change, before anything is written."""

    plan: RosterPlan
    catalog: Catalog  # as it is
    keys: list[str]  # that statements name learners by

    @property
    def rows(self) -> list[PlannedRow]:
        """Row by row."""
        return planned_rows(self.plan.changes, self.catalog)

    @property
    def nobody(self) -> list[Unmatched]:
        """Whom statements name and nobody would know, once it is written."""
        return unmatched_by_home_page(self.keys, catalog_after(self.catalog, self.plan.changes))


def preview_roster(catalogs: Catalogs, store: Store, tenant: str, path: Path, source: str) -> RosterPreview:
    """What importing a file or a folder would do. Raises Invalid for a source, UnreadableCsv, OSError."""
    if not 0 < len(source) <= LONGEST_SOURCE:  # entries without a source are those that people made
        raise Invalid("source", worded("has 1 to %(most)s characters", most=LONGEST_SOURCE))
    if fault := line_fault(source):
        raise Invalid("source", fault)
    roster = read_roster(path)
    catalog, keys = catalogs.latest(tenant), keys_seen_if_there(store, tenant)
    return RosterPreview(plan_roster(roster, catalog, source, by_identity(keys)), catalog, keys)


def write_roster_changes(
    catalogs: Catalogs,
    tenant: str,
    changes: Iterable[Change],
    seen: Iterable[str] = (),
    credential: str = ROSTER_CREDENTIAL,
) -> int:
    """Write changes, and show the members of every class by the keys that statements name; gives the position.

    Raises what Catalogs.append_all raises.
    """
    position = catalogs.append_all(tenant, credential, changes, system_time())
    renamed = rekey_members(catalogs.latest(tenant), by_identity(seen))
    return catalogs.append_all(tenant, credential, renamed, system_time()) if renamed else position
