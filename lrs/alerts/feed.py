"""Alerts as those who may see them read them: by number, and gathered by day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lrs.alerts.causes import AT_ONCE, names_of_members, skill_of
from lrs.catalog.catalogs import Catalogs
from lrs.pacing.display_names import catalog_name
from lrs.pacing.reasons import because
from schemas.alerts import AlertKey, AlertKind, RaisedAlert
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
        as_shown = AlertsShown(catalog)
        visible = (raised for raised in catalog.alerts.after(after) if sees(as_shown.key(raised)))
        alerts = [as_shown(raised) for raised in islice(visible, most)]
        last = alerts[-1]["number"] if len(alerts) == most else max(after, catalog.alerts.last)
        return {"alerts": alerts, "last": last}

    def digest(self, tenant: str, days: float, sees: SeesLearner) -> dict[str, Any]:
        """The alerts of the last days, by class and kind."""
        catalog = self.catalogs.latest(tenant)
        since = self.now() - round(days * DAY)
        as_shown = AlertsShown(catalog)
        visible_alerts = [as_shown(raised) for raised in catalog.alerts.since(since) if sees(as_shown.key(raised))]
        return {"since": since, "last": catalog.alerts.last, "classes": gathered_by_class(visible_alerts)}


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
            "because": [reason.model_dump() for reason in alert.because],
            "over": self._catalog.alerts.open.get(alert.key) is not alert,
        }


def open_of_class(catalog: Catalog, class_id: str) -> list[dict[str, Any]]:
    """The alerts of a class that were raised and are the case still, the latest first; of those that are kept. What is
    one need of a learner is one of them."""
    by_need: dict[AlertKey, list[RaisedAlert]] = {}
    for raised in reversed(catalog.alerts.since(0)):
        if raised.alert.class_id == class_id and catalog.alerts.open.get(raised.alert.key) is raised.alert:
            by_need.setdefault(raised.alert.need, []).append(raised)
    as_shown = AlertsShown(catalog)
    return [_one_need(catalog, class_id, of_need, as_shown) for of_need in by_need.values()]


def _one_need(catalog: Catalog, class_id: str, of_need: list[RaisedAlert], as_shown: AlertsShown) -> dict[str, Any]:
    """Alerts of one need, the latest first, as one alert that names the skills."""
    latest = as_shown(of_need[0])
    if len(of_need) == 1:
        return latest
    intensive = next((raised for raised in of_need if raised.alert.what is AlertKind.INTENSIVE), None)
    if intensive is None:
        skills = [skill_of(raised.alert) for raised in reversed(of_need)]
        return latest | _help_with(catalog, skills)
    skills = _in_need(catalog, class_id, intensive.alert.learner)
    # Of fewer no more is known than what was said then.
    as_raised = as_shown(intensive) | {"at": latest["at"]}
    return as_raised | _help_with(catalog, skills) if len(skills) >= AT_ONCE else as_raised


def _in_need(catalog: Catalog, class_id: str, learner: str) -> list[str]:
    """The skills of a class that a learner needs help in, whether an alert said that or not."""
    class_ = catalog.classes.get(class_id)
    taught = set(class_.skills) if class_ else set()
    needs = (alert for key, alert in catalog.alerts.open.items() if key[:2] == (AlertKind.HELP, learner))
    return [alert.about for alert in needs if alert.class_id == class_id or alert.about in taught]


def _help_with(catalog: Catalog, skills: list[str]) -> dict[str, Any]:
    why = because("needs_much_help", num=len(skills), names=[catalog_name(catalog, skill) for skill in skills])
    return {"reason": why.say(), "because": [why._asdict()]}


def gathered_by_class(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Alerts gathered: of each class, of each kind of alert, whom it is of."""
    by_class: dict[str, dict[str, Any]] = {}
    for alert in alerts:
        of = by_class.setdefault(
            alert["class"]["id"], {"class": alert["class"], "alerts": {str(kind): [] for kind in AlertKind}}
        )
        of["alerts"][alert["what"]].append(alert)
    return list(by_class.values())
