"""Versions in the log: what was kept is what is read, by tenant, and nothing is active until somebody says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import (
    ActiveWeights,
    BadWeights,
    UnknownModelVersion,
    keep_version,
    list_versions,
    unusable_active,
    weights_of,
)
from lrs.cli.doctor import models_finding
from lrs.log.sqlite import SqliteLog
from processors.mastery.forgetting import Forgetting
from processors.mastery.weights import Weights, default_weights
from schemas.models import PART_BYTES, Activation, FittedPart, parts_of


@pytest.fixture
def catalogs(tmp_path: Path) -> Iterator[Catalogs]:
    log = SqliteLog(tmp_path / "log")
    yield Catalogs(log)
    log.close()


def own(name: str, rate: float = 0.3) -> Weights:
    return replace(default_weights(), version=name, rate=rate, skill_rates={"s": rate})


def activate(catalogs: Catalogs, tenant: str, version: str) -> None:
    catalogs.append_all(tenant, "op", [Activation(version=version, by="op")], 2)


def test_a_version_comes_back_as_it_was_kept(catalogs: Catalogs) -> None:
    keep_version(catalogs, "a", "op", own("v1"), {"rows": [{"auc": None}]}, 1)
    assert weights_of(catalogs.latest("a"), "v1") == own("v1")
    shipped, kept = list_versions(catalogs.latest("a"))
    assert shipped["active"]
    assert (kept["version"], kept["active"], kept["report"]) == ("v1", False, {"rows": [{"auc": None}]})


def test_nothing_changes_until_it_is_activated_and_only_for_its_tenant(catalogs: Catalogs) -> None:
    active = ActiveWeights(catalogs)
    keep_version(catalogs, "a", "op", own("v1"), {}, 1)
    assert active("a") is default_weights()
    activate(catalogs, "a", "v1")
    assert active("a") == own("v1")
    assert active("b") is default_weights()
    with pytest.raises(UnknownModelVersion):
        weights_of(catalogs.latest("b"), "v1")
    keep_version(catalogs, "a", "op", own("v2"), {}, 3)
    assert active("a") == own("v1")
    activate(catalogs, "a", "")
    assert active("a") is default_weights()


def test_weights_out_of_bounds_are_not_kept_and_decide_nothing_where_the_log_has_them(catalogs: Catalogs) -> None:
    frozen = replace(own("frozen"), forgetting=Forgetting(half_life=0.0))
    with pytest.raises(BadWeights, match=r"'frozen' cannot be used: forgetting\.half_life is 0, and must be above 0"):
        keep_version(catalogs, "a", "op", frozen, {}, 1)
    assert catalogs.latest("a").models == {}
    keep_version(catalogs, "a", "op", own("v1"), {}, 1)
    activate(catalogs, "a", "v1")
    catalogs.append_all("a", "op", parts_of("frozen", msgspec.json.encode(frozen), {}), 1)  # as no command does
    activate(catalogs, "a", "frozen")
    for read in (catalogs, Catalogs(catalogs._log)):
        catalog = read.latest("a")
        for _ in range(2):
            with pytest.raises(BadWeights, match="half_life"):
                weights_of(catalog, "frozen")
        assert ActiveWeights(read)("a") == own("v1")
        assert [one["version"] for one in list_versions(catalog) if one["active"]] == ["v1"]
        assert "half_life" in unusable_active(catalog)
    found = models_finding(catalogs, 1, weekly=False)
    assert not found.ok
    assert "a: the weights of version 'frozen' cannot be used: forgetting.half_life is 0" in found.found
    activate(catalogs, "a", "")
    assert ActiveWeights(catalogs)("a") is default_weights()
    assert models_finding(catalogs, 1, weekly=False).ok


def test_two_tenants_may_give_versions_the_same_name(catalogs: Catalogs) -> None:
    active = ActiveWeights(catalogs)
    for tenant, rate in (("a", 0.2), ("b", 0.8)):
        keep_version(catalogs, tenant, "op", own("v1", rate), {}, 1)
        activate(catalogs, tenant, "v1")
    assert (active("a").rate, active("b").rate) == (0.2, 0.8)


def test_large_weights_are_several_events_and_half_of_them_is_no_version(catalogs: Catalogs) -> None:
    data = msgspec.json.encode(own("large")) + b" " * 8
    noise = bytes(range(256)) * 12_000
    events = parts_of("large", data + noise, {"n": 1})
    assert len(events) == 1  # it is compressed
    whole = "x" * (2 * PART_BYTES + 1)
    pieces = [whole[:PART_BYTES], whole[PART_BYTES : 2 * PART_BYTES], whole[2 * PART_BYTES :]]
    made = [FittedPart(version="big", part=n, parts=3, data=piece) for n, piece in enumerate(pieces)]
    catalogs.append_all("a", "op", made[:2], 1)
    assert [one["version"] for one in list_versions(catalogs.latest("a"))[1:]] == []
    catalogs.append_all("a", "op", made[2:], 1)
    assert "".join(catalogs.latest("a").models["mastery"].known["big"].parts) == whole
