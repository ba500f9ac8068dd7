"""Weekly fits: what is due follows from the log, and nothing becomes active by itself unless that was asked for."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import active_weights, list_versions, versions_of, weights_of
from lrs.cli.doctor import DoctorFinding, models_finding
from lrs.cli.serve import serve
from lrs.cli.weekly import fits_beside_api
from lrs.errors import Failure
from lrs.evaluation import weekly
from lrs.evaluation.history import answering_tenants
from lrs.evaluation.tenant_fit import TenantFit
from lrs.evaluation.weekly import BY, WEEK, WeeklyFits
from lrs.log.kafka_address import KafkaAddress
from lrs.log.sqlite import SqliteLog
from lrs.models.activation import Replaying
from lrs.models.fit_reports import FEWEST_ANSWERS, FEWEST_LEARNERS
from lrs.models.waiting import thin_version, waiting_version
from lrs.processes.runtime import Runtime
from lrs.store.client import Store, StoreRefused, StoreUnavailable
from processors.mastery.weights import Weights, default_weights
from processors.runtime.hold import Stalled
from schemas.catalog import Catalog
from schemas.days import DAY
from schemas.models import Activation, FittedPart
from schemas.people import People
from tests.lrs.evaluation.test_history import answer, keep

NOW = 1_900_000_000_000_000


class School:
    """Two tenants; `loss` is what the next version of each is worth beside .5 of the running one."""

    def __init__(self, log: SqliteLog) -> None:
        self.log, self.now = log, NOW
        self.loss: dict[str, float] = {"a": 0.4, "b": 0.4}
        self.held_out, self.learners = FEWEST_ANSWERS, FEWEST_LEARNERS
        self.activated: list[tuple[str, str, str]] = []
        self.refused: Exception | None = None
        self.cut: Failure | None = None  # what ends an activation after its event, before the tables are swapped
        self.rows: dict[str, str] = {}  # by tenant, the weights that its rows were made with

    def fits(self, activating: bool = False) -> WeeklyFits:
        """As after a start."""
        return WeeklyFits(cast(Replaying, self), Catalogs(self.log), lambda: self.now, activating)

    @property
    def store(self) -> None:
        return None

    def read(self, store: None, tenant: str, people: People) -> str:
        if tenant not in self.loss:
            raise ValueError("no judged answers on items with skills")
        return tenant

    def fit(self, tenant: str, running: Weights, version: str) -> TenantFit:
        def row(name: str, new: float) -> dict[str, Any]:
            return {"slice": name, running.version: {"log_loss": 0.5}, version: {"log_loss": new}}

        rows = [row("all", self.loss[tenant]), row("next item", 0.5), row("returns", 0.9)]
        report: dict[str, Any] = {"version": version, "running": running.version, "rows": rows}
        report |= {"held_out": self.held_out, "held_out_learners": self.learners}
        return TenantFit(replace(default_weights(), version=version), report)

    def activate(
        self, mode: Any, catalogs: Catalogs, tenant: str, version: str, by: str, now: Callable[[], int]
    ) -> None:
        if self.refused is not None:
            raise self.refused
        catalogs.append(tenant, by, Activation(version=version, by=by), now())
        if self.cut is not None and tenant == "a":
            raise self.cut
        self.activated.append((tenant, version, by))
        self.rows[tenant] = version

    def unfinished(self, store: None, tenant: str, catalog: Catalog) -> str:
        active = versions_of(catalog).active
        return "" if active == self.rows.get(tenant, default_weights().version) else active


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[School]:
    log = SqliteLog(tmp_path / "log")
    made = School(log)
    monkeypatch.setattr(weekly, "answering_tenants", lambda store: ["a", "b", "empty"])
    monkeypatch.setattr(weekly, "read_history", made.read)
    monkeypatch.setattr(weekly, "fit_own", made.fit)
    monkeypatch.setattr(weekly, "activate_version", made.activate)
    monkeypatch.setattr(weekly, "unfinished_version", made.unfinished)
    yield made
    log.close()


def test_each_tenant_is_fitted_once_a_week_and_nothing_changes(school: School) -> None:
    fits = school.fits()
    assert [(one.tenant, one.better, one.active) for one in fits.look()] == [("a", True, False), ("b", True, False)]
    school.now += WEEK - 1
    assert fits.look() == []
    assert school.fits().look() == []  # nor after a start again
    school.now += 1
    assert len(school.fits().look()) == 2
    assert school.activated == []
    catalogs = Catalogs(school.log)
    for tenant in ("a", "b"):
        catalog = catalogs.latest(tenant)
        assert active_weights(catalog) == default_weights()
        first, *own = list_versions(catalog)
        assert first["active"]
        assert len(own) == 2
        assert all(one["report"]["weekly"] and weights_of(catalog, one["version"]) for one in own)


def test_what_is_not_worse_becomes_active_where_that_was_asked_for(school: School) -> None:
    school.loss = {"a": 0.5, "b": 0.501}
    done = school.fits(activating=True).look()
    assert [(one.tenant, one.better, one.active) for one in done] == [("a", True, True), ("b", False, False)]
    assert school.activated == [("a", done[0].version, BY)]
    catalogs = Catalogs(school.log)
    assert active_weights(catalogs.latest("a")).version == done[0].version
    assert active_weights(catalogs.latest("b")) == default_weights()
    assert len(list_versions(catalogs.latest("b"))) == 2  # it is kept all the same


def test_what_cannot_be_activated_is_kept_and_the_others_are_fitted(
    school: School, caplog: pytest.LogCaptureFixture
) -> None:
    school.refused = Stalled("behind")
    assert [(one.tenant, one.active) for one in school.fits(activating=True).look()] == [("a", False), ("b", False)]
    assert "is better but not active" in caplog.text


def test_what_waits_is_taken_up_at_the_next_start_and_the_next_day_and_not_fitted_again(school: School) -> None:
    school.loss = {"a": 0.4, "b": 0.501}
    school.refused = Stalled("behind")
    (refused, _) = school.fits(activating=True).look()
    school.now += 60_000_000
    fits = school.fits(activating=True)
    assert fits.look() == [dataclasses.replace(refused, active=False)]  # tried, and said again
    school.refused = None
    assert fits.look() == []  # not at every look: where it fails late, it is long work
    assert school.fits().look() == []  # nor where nobody said so
    school.now += DAY
    assert fits.look() == [dataclasses.replace(refused, active=True)]
    assert school.activated == [("a", refused.version, BY)]
    school.now += DAY
    assert school.fits(activating=True).look() == []


def test_an_activation_cut_short_is_finished_once_the_store_answers_and_the_others_are_fitted(school: School) -> None:
    school.cut = StoreUnavailable("it does not answer")
    fits = school.fits(activating=True)
    with pytest.raises(StoreUnavailable):
        fits.look()
    assert [tenant for tenant, *_ in school.activated] == ["b"]
    with pytest.raises(StoreUnavailable):  # and again, as long as it does not
        fits.look()
    school.cut = None
    (done,) = fits.look()
    assert (done.tenant, done.active, school.rows["a"]) == ("a", True, done.version)
    assert len(list_versions(Catalogs(school.log).latest("a"))) == 2  # it was not fitted again
    school.now += DAY
    assert fits.look() == []


def test_what_fails_for_good_is_not_tried_at_every_look(school: School) -> None:
    school.cut = StoreRefused("no")
    fits = school.fits(activating=True)
    with pytest.raises(StoreRefused):
        fits.look()
    assert fits.look() == []
    school.cut = None
    school.now += DAY
    assert [one.tenant for one in fits.look()] == ["a"]


@pytest.mark.parametrize("lacking", [(FEWEST_ANSWERS - 1, FEWEST_LEARNERS), (FEWEST_ANSWERS, FEWEST_LEARNERS - 1)])
def test_what_was_judged_on_too_little_is_kept_and_left_to_a_person(
    school: School, lacking: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    school.loss = {"a": 0.4}
    school.held_out, school.learners = lacking
    fits = school.fits(activating=True)
    (kept,) = fits.look()
    assert (kept.better, kept.active) == (False, False)
    assert f"judged on {lacking[0]:,} answers of {lacking[1]} learners held out" in caplog.text
    school.now += DAY
    assert fits.look() == []
    assert school.activated == []
    catalog = Catalogs(school.log).latest("a")
    assert waiting_version(catalog) == ""
    assert thin_version(catalog).startswith(f"{kept.version} was judged on")
    found = models_finding(Catalogs(school.log), school.now, weekly=True)
    assert found.ok
    assert f"{kept.version} was judged on {lacking[0]:,} answers" in found.found


def test_the_fewest_that_a_version_is_judged_on_are_those_of_the_page() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/fit-your-own-weights.md").read_text()
    assert f"{FEWEST_ANSWERS:,} answers of {FEWEST_LEARNERS} learners" in page


def test_the_doctor_names_an_activation_that_was_cut_short(school: School) -> None:
    school.loss = {"a": 0.4}
    school.cut = StoreUnavailable("it does not answer")
    fits = school.fits(activating=True)
    with pytest.raises(StoreUnavailable):
        fits.look()

    def found() -> DoctorFinding:
        return models_finding(Catalogs(school.log), NOW, True, lambda *asked: school.unfinished(None, *asked))

    active = versions_of(Catalogs(school.log).latest("a")).active
    assert not found().ok
    assert f"a: the activation of {active} was cut short" in found().found
    assert f"`lrs activate {active} --tenant a`" in found().advice
    school.cut = None
    fits.look()
    assert found().ok


def test_what_somebody_chose_since_is_not_replaced_by_what_waits(school: School) -> None:
    school.refused = Stalled("behind")
    school.loss = {"a": 0.4}
    school.fits(activating=True).look()
    school.refused, catalogs = None, Catalogs(school.log)
    catalogs.append("a", "person", Activation(version=default_weights().version, by="person"), school.now + 1)
    assert waiting_version(catalogs.latest("a")) == ""
    assert school.fits(activating=True).look() == []


def test_a_version_of_which_a_part_is_lacking_was_not_fitted(school: School) -> None:
    school.loss = {"a": 0.4}
    Catalogs(school.log).append("a", BY, FittedPart(version="own-half", part=0, parts=2, data="", report={}), NOW)
    assert [one.tenant for one in school.fits().look()] == ["a"]


def test_the_doctor_names_what_waits(school: School) -> None:
    school.loss = {"a": 0.4}
    (waits,) = school.fits().look()
    found = models_finding(Catalogs(school.log), NOW, weekly=True)
    assert found.ok
    assert f"{waits.version} waits" in found.found
    assert f"lrs activate {waits.version} --tenant a" in found.found


def test_who_has_nothing_to_fit_is_looked_at_again_the_next_day(school: School) -> None:
    fits = school.fits()
    school.loss = {}
    assert fits.look() == []
    school.loss = {"a": 0.4}
    school.now += DAY - 1
    assert fits.look() == []
    school.now += 1
    assert [one.tenant for one in fits.look()] == ["a"]


def test_the_doctor_says_what_decides_and_what_is_overdue(school: School) -> None:
    catalogs = Catalogs(school.log)
    assert models_finding(catalogs, NOW, weekly=True).found == "the shipped weights decide"
    (done, _) = school.fits(activating=True).look()
    found = models_finding(catalogs, NOW + 3 * DAY, weekly=True)
    assert found.ok
    assert f"a: {done.version} decides; {done.version} was fitted weekly 3 days ago" in found.found
    assert models_finding(catalogs, NOW + 9 * DAY, weekly=False).ok
    late = models_finding(catalogs, NOW + 9 * DAY, weekly=True)
    assert not late.ok
    assert "--fit-weekly" in late.advice


def test_whoever_answered_on_skills_is_a_tenant_to_fit_for(store: Store) -> None:
    ours, others = uuid.uuid4().hex, uuid.uuid4().hex
    keep(store, [answer(ours, "l", 5), answer(others, "l", 5, skills=())])
    found = answering_tenants(store)
    assert ours in found
    assert others not in found


def test_an_api_on_kafka_fits_nothing_and_says_who_does(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert fits_beside_api(Runtime(tmp_path))
    assert not caplog.text
    assert not fits_beside_api(Runtime(tmp_path, KafkaAddress.parse("127.0.0.1:9092"), "clickhouse://x", "sqlite://"))
    assert "lrs worker all --fit-weekly" in caplog.text


def test_nothing_is_activated_that_is_not_fitted(tmp_path: Path) -> None:
    refused = CliRunner().invoke(serve, ["--data", str(tmp_path), "--activate-better"])
    assert refused.exit_code == 2
    assert "--fit-weekly" in refused.output
