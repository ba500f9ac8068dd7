"""Versions that a weekly fit made, that are not worse than what decides, and that decide nothing yet."""

from __future__ import annotations

from typing import Any

from lrs.catalog.versions import active_weights, complete_versions, versions_of
from schemas.catalog import Catalog

JUDGED = ("all", "next item")  # slices of a report whose log loss must not be worse


def waiting_version(catalog: Catalog) -> str:
    """The tenant's last version, where a weekly fit made it and it could decide from here on; else empty.

    It was judged beside the version that is active still, and nobody has activated any since.
    """
    last = max(complete_versions(catalog), key=lambda one: one.position, default=None)
    if last is None or not last.report.get("weekly") or last.position < versions_of(catalog).since:
        return ""
    judged = last.report["running"] == active_weights(catalog).version
    return last.version if judged and not_worse(last.report) else ""


def not_worse(report: dict[str, Any]) -> bool:
    """Whether a new version's log loss on learners held out is at most that of the version that was running."""
    return all(new <= old for new, old in losses(report).values())


def losses(report: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """(new, running) by slice."""
    return {
        row["slice"]: (row[report["version"]]["log_loss"], row[report["running"]]["log_loss"])
        for row in report["rows"]
        if row["slice"] in JUDGED
    }
