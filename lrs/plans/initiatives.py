"""Initiatives: what is tried, declared before it begins, so that what it changed can be measured later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lrs.catalog.catalogs import Catalogs
from schemas.catalog import Catalog, Class
from schemas.days import day_name, day_of
from schemas.invalid import Invalid
from schemas.plan_events import Declared, Initiative
from schemas.typed_text import check_typed
from schemas.wording import worded

Sees = Callable[[Class | None], bool]


@dataclass(frozen=True, slots=True)
class Initiatives:
    """A tenant's initiatives. Every method raises what the log raises; they take a while: not for an event loop."""

    catalogs: Catalogs
    now: Callable[[], int]

    def read(self, tenant: str, sees: Sees) -> dict[str, Any]:
        """Those whose classes somebody sees, the latest first."""
        catalog = self.catalogs.latest(tenant)
        initiatives = [
            _initiative_as_json(declared, catalog.reading.zone, self.now())
            for declared in catalog.planned.initiatives.values()
            if is_seen(declared, catalog, sees)
        ]
        return {
            "initiatives": sorted(
                initiatives,
                key=lambda shown_initiative: (shown_initiative["since"], shown_initiative["id"]),
                reverse=True,
            )
        }

    def classes(self, tenant: str, sees: Sees) -> list[dict[str, str]]:
        """The classes that somebody sees."""
        all_classes = self.catalogs.latest(tenant).classes.values()
        return [{"id": class_.id, "name": class_.name or class_.id} for class_ in all_classes if sees(class_)]

    def declare(self, tenant: str, by: str, credential: str, initiative: Initiative, sees: Sees) -> dict[str, Any]:
        """Declare an initiative, or change one that is not `new`.

        Raises Invalid where one that is new exists already, or where it names what is not there.
        """
        check_typed(initiative)
        catalog = self.catalogs.latest(tenant)
        if initiative.new and initiative.id in catalog.planned.initiatives:
            raise _exists(initiative)
        for name in ("classes", "compared"):
            for number, id_ in enumerate(getattr(initiative, name)):
                if id_ not in catalog.classes or not sees(catalog.classes[id_]):
                    raise Invalid(f"{name}.{number}", worded("there is no class %(id)s", id=id_))
        for number, skill in enumerate(initiative.skills):
            if skill not in catalog.skills:
                raise Invalid(f"skills.{number}", worded("there is no skill %(skill)s", skill=skill))
        attributed = initiative.model_copy(update={"by": by[:500]})
        position = self.catalogs.append(tenant, credential, attributed, self.now())
        # What came before it is known now, too.
        declared = self.catalogs.latest(tenant).planned.initiatives[initiative.id]
        if initiative.new and declared.position != position:  # another process was first
            raise _exists(initiative)
        return _initiative_as_json(declared, catalog.reading.zone, self.now())


def states(catalog: Catalog, sees: Sees, now: int) -> dict[str, int]:
    """How many initiatives that somebody sees are declared, running and over; none where there are none. `now`: µs
    since the epoch."""
    visible = [declared for declared in catalog.planned.initiatives.values() if is_seen(declared, catalog, sees)]
    counted = Counter(_initiative_as_json(declared, catalog.reading.zone, now)["state"] for declared in visible)
    return {state: counted[state] for state in ("declared", "running", "over")} if visible else {}


def is_seen(declared: Declared, catalog: Catalog, sees: Sees) -> bool:
    """Whether somebody sees all its classes."""
    initiative = declared.initiative
    return all(sees(catalog.classes.get(id_)) for id_ in (*initiative.classes, *initiative.compared))


def is_measurable(declared: Declared, zone: str) -> bool:
    """Whether it was declared, and last changed, before it began: what is declared once it runs proves nothing."""
    return day_name(day_of(declared.at, zone)) < declared.initiative.since


def _exists(initiative: Initiative) -> Invalid:
    return Invalid("id", worded("there is an initiative %(id)s already: give this one another name", id=initiative.id))


def _initiative_as_json(declared: Declared, zone: str, now: int) -> dict[str, Any]:
    initiative = declared.initiative
    today = day_name(day_of(now, zone))
    state = "declared" if today < initiative.since else "running" if today < initiative.until else "over"
    return {
        **initiative.model_dump(exclude={"kind", "new"}),
        "declared_at": declared.first,
        "changed_at": declared.at,
        "state": state,
        "measurable": is_measurable(declared, zone),
    }
