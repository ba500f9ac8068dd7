"""Alerts as those who may see them read them: by number, and gathered by day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lrs.alerts.causes import names_of_members, skill_of
from lrs.catalog.catalogs import Catalogs
from lrs.pacing.display_names import catalog_name
from schemas.alerts import AlertKind, RaisedAlert
from schemas.catalog import Catalog
from schemas.days import DAY

MOST_ALERTS = 500  # of an answer
MOST_DAYS = 31
SeesLearner = Callable[[str], bool]  # by the learner's key


@dataclass(frozen=True, slots=True)
class AlertFeed:
    """Reads the alerts of tenants. Raises what the log raises."""

    catalogs: Catalogs
    now: Callable[[], int]

    def read(self, tenant: str, after: int, most: int, sees: SeesLearner) -> dict[str, Any]:
        """The alerts after a number, the earliest first; `last` is the number to go on after."""
        catalog = self.catalogs.latest(tenant)
        shown = AlertsShown(catalog)
        seen = (one for one in catalog.alerts.after(after) if sees(shown.key(one)))
        found = [shown(one) for one in islice(seen, most)]
        last = found[-1]["number"] if len(found) == most else max(after, catalog.alerts.last)
        return {"alerts": found, "last": last}

    def digest(self, tenant: str, days: float, sees: SeesLearner) -> dict[str, Any]:
        """The alerts of the last days, by class and kind."""
        catalog = self.catalogs.latest(tenant)
        since = self.now() - round(days * DAY)
        shown = AlertsShown(catalog)
        seen = [shown(one) for one in catalog.alerts.since(since) if sees(shown.key(one))]
        return {"since": since, "last": catalog.alerts.last, "classes": gathered_by_class(seen)}


class AlertsShown:
    """Alerts as JSON, by one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._named: dict[str, tuple[str, str]] = {}
        for person, key, name in names_of_members(catalog):
            if person not in self._named or (name and not self._named[person][1]):
                self._named[person] = key, name

    def key(self, raised: RaisedAlert) -> str:
        """The key by which a learner's page is asked for."""
        learner = raised.alert.learner
        return self._named.get(learner, (learner, ""))[0]

    def __call__(self, raised: RaisedAlert) -> dict[str, Any]:
        alert, skill = raised.alert, skill_of(raised.alert)
        key, name = self._named.get(alert.learner, (alert.learner, ""))
        class_ = self._catalog.classes.get(alert.class_id)
        return {
            "number": raised.number,
            "at": raised.at,
            "what": str(alert.what),
            "learner": key,
            "name": name or key,
            "class": {"id": alert.class_id, "name": (class_.name if class_ else "") or alert.class_id},
            "skill": {"id": skill, "name": catalog_name(self._catalog, skill)} if skill else None,
            "reason": alert.reason,
            "because": [one.model_dump() for one in alert.because],
            "over": self._catalog.alerts.open.get(alert.key) is not alert,
        }


def open_of_class(catalog: Catalog, class_id: str) -> list[dict[str, Any]]:
    """The alerts of a class that were raised and are the case still, the latest first; of those that are kept."""
    raised = [one for one in catalog.alerts.since(0) if one.alert.class_id == class_id]
    shown = AlertsShown(catalog)
    return [shown(one) for one in reversed(raised) if catalog.alerts.open.get(one.alert.key) is one.alert]


def gathered_by_class(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Alerts gathered: of each class, of each kind of alert, whom it is of."""
    found: dict[str, dict[str, Any]] = {}
    for one in alerts:
        of = found.setdefault(
            one["class"]["id"], {"class": one["class"], "alerts": {str(kind): [] for kind in AlertKind}}
        )
        of["alerts"][one["what"]].append(one)
    return list(found.values())
