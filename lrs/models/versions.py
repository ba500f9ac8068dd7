"""Weights in the log: a version is kept as events of the catalog topic, and the active one is read from there."""

from __future__ import annotations

import threading
from typing import Any

import msgspec

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Missing
from processors.mastery.weights import Weights, default_weights
from schemas.catalog import Catalog
from schemas.models import SHIPPED, Model, Versions, parts_of

MASTERY: Model = "mastery"


class UnknownVersion(Missing):
    """The tenant has no such version."""

    def __init__(self, version: str) -> None:
        super().__init__(f"there is no version {version!r}")


class ActiveWeights:
    """The weights that make a tenant's rows of mastery, as the log says now. Safe to use from many threads."""

    def __init__(self, catalogs: Catalogs) -> None:
        self._catalogs = catalogs
        self._lock = threading.Lock()
        self._read: dict[str, tuple[str, Weights]] = {}  # by tenant: the last version that was asked for

    def __call__(self, tenant: str) -> Weights:
        """Raises what Catalogs.latest raises."""
        catalog = self._catalogs.latest(tenant)
        version = versions_of(catalog).active
        with self._lock:
            if tenant not in self._read or self._read[tenant][0] != version:
                self._read[tenant] = (version, weights_of(catalog, version))
            return self._read[tenant][1]


def versions_of(catalog: Catalog) -> Versions:
    """A tenant's versions of mastery."""
    return catalog.models.get(MASTERY) or Versions()


def weights_of(catalog: Catalog, version: str) -> Weights:
    """The weights of a version. Raises UnknownVersion."""
    shipped = default_weights()
    if version in (SHIPPED, shipped.version):
        return shipped
    found = versions_of(catalog).known.get(version)
    if found is None or not found.complete:
        raise UnknownVersion(version)
    return msgspec.json.decode(found.data, type=Weights)


def keep(catalogs: Catalogs, tenant: str, credential: str, weights: Weights, report: dict[str, Any], now: int) -> int:
    """Put a version into the log, with its report; nothing changes by it. Raises what Log.append raises."""
    return catalogs.append_all(tenant, credential, parts_of(weights.version, msgspec.json.encode(weights), report), now)


def list_versions(catalog: Catalog) -> list[dict[str, Any]]:
    """The versions, the oldest first, as JSON; the shipped one is the first."""
    versions = versions_of(catalog)
    shipped = default_weights().version
    rows: list[dict[str, Any]] = [
        {
            "version": shipped,
            "position": None,
            "at": None,
            "active": versions.active in (SHIPPED, shipped),
            "report": {},
        }
    ]
    for one in versions.known.values():
        if one.complete:
            rows.append(
                {
                    "version": one.version,
                    "position": one.position,
                    "at": one.at,
                    "active": one.version == versions.active,
                    "report": one.report,
                }
            )
    return rows
