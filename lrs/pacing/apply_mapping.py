"""What is unmapped, what mapping it would change, and having it applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lrs.catalog.unmapped import count_unmapped
from lrs.pacing.catalog_preview import Previewer
from lrs.pacing.display_names import activity_names, catalog_name
from lrs.store.checkpoints import Checkpoints
from processors.reinterpretation.applied import applied_position
from schemas.catalog import Catalog, Change
from schemas.reading import Reinterpret


@dataclass(frozen=True, slots=True)
class Mappings:
    """Reads one store. Every method raises what the store and the log raise.

    append puts changes into a tenant's catalog, and gives their position.
    """

    previewer: Previewer
    append: Callable[[str, Sequence[Change]], int]
    now: Callable[[], int]

    def catalog(self, tenant: str) -> Catalog:
        """The tenant's catalog."""
        return self.previewer.catalogs.latest(tenant)

    def read(self, tenant: str, limit: int) -> dict[str, Any]:
        """What is unmapped, with names, the skills that there are, and whether the past is being read again."""
        store = self.previewer.store
        catalog = self.catalog(tenant)
        reinterpret_position = catalog.reinterpreted
        reading = (
            reinterpret_position is not None
            and applied_position(Checkpoints(store, store.embedded)) <= reinterpret_position
        )
        skills = [{"id": skill, "name": catalog_name(catalog, skill)} for skill in catalog.skills]
        unmapped = count_unmapped(store, tenant, limit)
        ids = {activity[key] for activity in unmapped["listed"] for key in ("activity", "parent", "unit")}
        return {**unmapped, "names": activity_names(store, catalog, tenant, ids), "skills": skills, "reading": reading}

    def preview(self, tenant: str, changes: Sequence[Change]) -> dict[str, Any]:
        """Whose decisions would change."""
        return self.previewer.preview(tenant, changes, self.now())

    def apply(self, tenant: str, changes: Sequence[Change]) -> int:
        """Make changes, and have the past read again; gives the position."""
        return self.append(tenant, [*changes, Reinterpret()])
