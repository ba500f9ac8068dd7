"""Activation: the rows are those of the active version, whatever happens on the way, and of one tenant alone."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI, Request
from msgspec.structs import replace

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import ActiveWeights, UnknownModelVersion, keep_version, versions_of
from lrs.cli.doctor import DoctorFinding, examine
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.models.activation import activate_version, fold_beside
from lrs.models.activations import Activations, NotCompared, UnderWay
from lrs.models.decision_differences import DecisionDifferences, compare_tables
from lrs.models.waiting import unfinished_version
from lrs.processes.embedded import make_whole, run
from lrs.processes.modes import Embedded
from lrs.processes.runtime import Runtime
from lrs.store.client import Store
from lrs.store.closed_tables import ClosedTablesFile
from lrs.web import models_page
from processors.folds.mastery import Mastery
from processors.folds.registry import fold_names
from processors.mastery.weights import Weights, default_weights
from processors.runtime.hold import Stalled
from processors.runtime.replay import AroundSwap
from schemas.catalog import Class, Member
from schemas.models import Activation, Compared
from schemas.record import OBSERVATIONS, PROJECT, STATEMENTS, Bundle
from tests.support.api import ask
from tests.support.engine import running
from tests.support.eventually import eventually
from tests.support.rows import expected, live
from tests.support.statements import answered

NOW = 1_900_000_000_000_000
HARSH = replace(default_weights(), version="harsh", mastery=replace(default_weights().mastery, shift=-3.0))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with running(tmp_path_factory.mktemp("engine")) as found:
        yield found


class School:
    """A data folder whose stages run in threads; `statements` is what each tenant sent."""

    def __init__(self, data: Path, store: Store) -> None:
        self.data, self.store = data, store
        self.log = SqliteLog(data / "log")
        self.mode = Embedded(self.log, store, Runtime(data))
        self.catalogs = Catalogs(self.log)
        self.statements: dict[str, list[dict[str, Any]]] = {}

    def send(self, tenant: str, minute: int, right: bool = True) -> None:
        sent = answered(f"ada{tenant}", item=f"i{minute}", right=right, timestamp=f"2026-03-01T09:{minute:02}:00Z")
        self.statements.setdefault(tenant, []).append(sent)
        bundle = Bundle(tenant, "tool", 1, 0, [sent["id"]], [orjson.dumps(sent)])
        self.log.append(STATEMENTS, Entry("", bundle.encode(), 1))

    def settle(self) -> None:
        def settled() -> bool:
            admitted = self.log.committed("admit", STATEMENTS) >= self.log.end(STATEMENTS)
            return admitted and self.log.committed(PROJECT, OBSERVATIONS) >= self.log.end(OBSERVATIONS)

        eventually(settled)

    def holds(self, tenant: str, weights: Weights) -> bool:
        fold = Mastery(weights)
        return live(self.store, fold, tenant) == expected(fold, tenant, self.statements[tenant])

    def activate(self, tenant: str, version: str, **more: Any) -> Any:
        return activate_version(self.mode, self.catalogs, tenant, version, "op", lambda: NOW, **more)


@contextmanager
def stages(school: School) -> Iterator[None]:
    stop = threading.Event()
    condition = ClosedTablesFile(school.data)
    assert make_whole(Runtime(school.data), school.store, condition, stop)
    thread = threading.Thread(target=run, args=[Runtime(school.data), school.store, stop])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def school(tmp_path: Path, engine: Store) -> Iterator[School]:
    for table in ("statements", "observations", *fold_names(), "checkpoints"):
        engine.command(f"TRUNCATE TABLE {table}")
    found = School(tmp_path, engine)
    yield found
    found.log.close()


def test_only_the_tenants_rows_change_and_what_comes_after_is_folded_so(school: School) -> None:
    ours, others = uuid.uuid4().hex, uuid.uuid4().hex
    with stages(school):
        for minute in range(8):
            school.send(ours, minute)
            school.send(others, minute)
        school.settle()
        assert school.holds(ours, default_weights())
        keep_version(school.catalogs, ours, "op", HARSH, {}, NOW)
        assert school.holds(ours, default_weights())

        seen: list[DecisionDifferences] = []

        def decline(found: DecisionDifferences) -> bool:
            seen.append(found)
            return False

        declined = school.activate(ours, "harsh", agreed=decline)
        assert not declined.replayed.swapped
        assert school.holds(ours, default_weights())
        assert versions_of(school.catalogs.latest(ours)).active == ""
        assert seen[0].changed.total() == seen[0].decisions > 0
        change = seen[0].shown[0]
        assert change["before"]["weights"] == default_weights().version
        assert change["after"]["weights"] == "harsh"
        assert change["after"]["estimate"] < change["before"]["estimate"]
        assert change["before"]["reason"] != change["after"]["reason"]

        assert school.activate(ours, "harsh").replayed.swapped
        assert school.holds(ours, HARSH)
        assert school.holds(others, default_weights())
        for minute in range(8, 12):
            school.send(ours, minute, right=False)
            school.send(others, minute)
        school.settle()
        assert school.holds(ours, HARSH)
        assert school.holds(others, default_weights())
    # A replay and a restart give the same rows.
    with stages(school):
        assert school.mode.replay(school.mode.folds()[0], True, lambda done, of: None).differing == 0
        school.store.command("TRUNCATE TABLE mastery")
    with stages(school):
        school.settle()
        assert school.holds(ours, HARSH)
        assert school.holds(others, default_weights())


def doctors(school: School, part: str) -> DoctorFinding:
    """What `lrs doctor` finds of a part."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Runtime, "store", lambda runtime: school.store)
        [found] = [one for one in examine(Runtime(school.data), lambda: NOW) if one.part == part]
    return found


def test_an_activation_that_was_cut_short_is_finished_by_the_next_start(school: School) -> None:
    tenant = uuid.uuid4().hex
    with stages(school):
        for minute in range(4):
            school.send(tenant, minute)
        school.settle()
        keep_version(school.catalogs, tenant, "op", HARSH, {}, NOW)
    # It ended after the event and before the swap.
    school.catalogs.append_all(tenant, "op", [Activation(version="harsh", by="op")], NOW)
    assert school.holds(tenant, default_weights())
    assert unfinished_version(school.store, tenant, school.catalogs.latest(tenant)) == "harsh"
    found = doctors(school, "models")
    assert not found.ok
    assert f"{tenant}: the activation of harsh was cut short" in found.found
    assert f"`lrs activate harsh --tenant {tenant}`" in found.advice
    with stages(school):
        school.settle()
        assert school.holds(tenant, HARSH)
        assert unfinished_version(school.store, tenant, school.catalogs.latest(tenant)) == ""
        assert doctors(school, "models").ok
        school.catalogs.append_all(tenant, "op", [Activation(version="", by="op")], NOW)  # back, and cut short as well
        shipped = default_weights().version
        assert f"{tenant}: the activation of {shipped} was cut short" in doctors(school, "models").found
        assert school.activate(tenant, shipped).replayed.swapped
        assert doctors(school, "models").ok
        assert school.holds(tenant, default_weights())


def test_another_model_is_compared_beside_the_live_one(school: School) -> None:
    tenant = uuid.uuid4().hex
    with stages(school):
        for minute in range(10):
            school.send(tenant, minute, right=minute % 3 > 0)
        school.settle()
        learner = next(iter(live(school.store, Mastery(), tenant)))[0]
        school.catalogs.append(tenant, "op", Class(id="c", learners=[Member(learner=learner)]), NOW)
        fold = fold_beside(school.catalogs, tenant, Mastery(HARSH).model)
        done = school.mode.replay(fold, False, lambda done, of: None, AroundSwap(agreed=lambda: False, kept=True))
        assert not done.swapped
        catalog = school.catalogs.latest(tenant)
        found = compare_tables(school.store, catalog, tenant, "mastery", "mastery_replay", NOW)
        assert found.decisions == 1
        same = compare_tables(school.store, catalog, tenant, "mastery", "mastery", NOW)
        assert (same.decisions, same.changed.total()) == (1, 0)
        assert school.holds(tenant, default_weights())
        assert ActiveWeights(school.catalogs)(tenant) is default_weights()


def test_a_version_decides_only_after_its_changes_were_shown(school: School) -> None:
    ours, others = uuid.uuid4().hex, uuid.uuid4().hex

    async def tenant(request: Request) -> str:
        return ours

    activations = Activations(school.mode, school.catalogs, lambda: NOW)
    page = FastAPI()
    page.include_router(models_page.router(activations, tenant))

    def ended(state: str) -> dict[str, Any]:
        eventually(lambda: activations.read(ours)["run"]["state"] == state)
        found: dict[str, Any] = activations.read(ours)["run"]
        return found

    with stages(school):
        for minute in range(8):
            school.send(ours, minute)
            school.send(others, minute)
        school.settle()
        scores = {"auc": 0.7, "log_loss": 0.5, "ece": 0.0}
        report = {"running": "r", "answers": 8, "rows": [{"r": scores, "harsh": scores}]}
        keep_version(school.catalogs, ours, "op", HARSH, report, NOW)
        with pytest.raises(NotCompared):
            activations.activate(ours, "harsh", "op")
        with pytest.raises(UnknownModelVersion):
            activations.compare(others, "harsh", "op")
        assert activations.read(others)["run"] is None
        assert ask(page, "POST", "/board/models/activate", data={"version": "harsh"}).status_code == 409

        assert ask(page, "POST", "/board/models/compare", data={"version": "harsh"}).status_code == 303
        run = ended("compared")
        assert run["differences"]["changed"] == run["differences"]["decisions"] == 1
        shown = ask(page, "GET", "/board/models")
        assert "Nothing is changed yet" in shown.text
        assert run["differences"]["shown"][0]["after"]["reason"] in shown.text
        assert "Refresh" not in shown.headers
        assert school.holds(ours, default_weights())
        assert versions_of(school.catalogs.latest(ours)).active == ""
        again = Activations(school.mode, school.catalogs, lambda: NOW)  # in another process
        elsewhere = again.read(ours)["run"]
        assert elsewhere["state"] == "compared"
        assert elsewhere["differences"] == run["differences"] | {"shown": []}
        other = FastAPI()
        other.include_router(models_page.router(again, tenant))
        counted = ask(other, "GET", "/board/models").text
        assert "Nothing is changed yet" in counted
        assert "see again what harsh changes" in counted

        assert ask(page, "POST", "/board/models/activate", data={"version": "harsh"}).status_code == 303
        ended("active")
        assert school.holds(ours, HARSH)
        assert school.holds(others, default_weights())
        assert "harsh decides now" in ask(page, "GET", "/board/models").text
        with pytest.raises(NotCompared):  # what was seen then is not what it would change now
            activations.activate(ours, "harsh", "op")


def test_one_run_at_a_time_and_what_fails_says_so(school: School) -> None:
    tenant, held = uuid.uuid4().hex, threading.Event()

    class Held:
        store = school.store

        def replay(self, *asked: Any) -> Any:
            held.wait(10)
            raise Stalled("project did not catch up")

    activations = Activations(Held(), school.catalogs, lambda: NOW)
    keep_version(school.catalogs, tenant, "op", HARSH, {}, NOW)
    assert activations.compare(tenant, "harsh", "op")["state"] == "comparing"
    with pytest.raises(UnderWay):
        activations.compare(tenant, "harsh", "op")
    held.set()
    eventually(lambda: activations.read(tenant)["run"]["state"] == "failed")
    assert "project did not catch up" in activations.read(tenant)["run"]["problem"]
    with pytest.raises(NotCompared):
        activations.activate(tenant, "harsh", "op")


def test_what_was_compared_is_known_to_every_process_until_another_version_is_active(school: School) -> None:
    tenant = uuid.uuid4().hex

    class Refusing:
        store = school.store

        def replay(self, *asked: Any) -> Any:
            raise Stalled("project did not catch up")

    def started() -> Activations:
        return Activations(Refusing(), Catalogs(school.log), lambda: NOW)

    keep_version(school.catalogs, tenant, "op", HARSH, {}, NOW)
    shipped = default_weights().version
    school.catalogs.append(tenant, "op", Compared(version="harsh", against=shipped, by="op", differences={}), NOW)
    assert started().activate(tenant, "harsh", "op")["against"] == shipped  # what comes of it is another matter
    school.catalogs.append(tenant, "op", Activation(version="harsh", by="op"), NOW)
    assert started().read(tenant)["run"] is None
    school.catalogs.append(tenant, "op", Activation(version="", by="op"), NOW)
    with pytest.raises(NotCompared):
        started().activate(tenant, "harsh", "op")
