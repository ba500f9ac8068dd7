"""One tenant whose decisions cannot be made: it is named, tried again, and holds up nobody else."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Full, LostData, Transient
from lrs.log import Record
from lrs.log.sqlite import SqliteLog
from lrs.pacing import decision_rows
from lrs.store.client import Store, StoreRefused, StoreUnavailable
from lrs.store.failing_tenants import FailingTenants, FailingTenantsFile, NotKept
from lrs.store.shared_failing_tenants import SharedFailingTenants
from processors.stages import decide as stage
from processors.stages.decide import Decide
from processors.stages.tenant_failures import TenantFailures
from schemas.catalog import Class, Member
from schemas.envelope import UnknownVersion
from schemas.observation import Kind, Observation, encode_observations
from schemas.people import People
from schemas.policy import Policy
from schemas.roster import Alias

NOW = 1_800_000_000_000_000


class Schools:
    """Two tenants with a class of three each; `poisoned` raises for learners of it."""

    def __init__(self, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.log = store, SqliteLog(folder / "log")
        self.bad, self.good = sorted(uuid.uuid4().hex for _ in range(2))  # the bad one comes first
        self.catalogs = Catalogs(self.log)
        self.failing = FailingTenantsFile(folder)
        self.poisoned: Callable[[str, str], None] = lambda tenant, learner: None
        for tenant in (self.bad, self.good):
            members = [Member(learner=name) for name in ("ada", "bo", "cy")]
            self.catalogs.append(tenant, "op", Class(id="7b", learners=members, skills=["a"]), NOW)
        of_both_schools = f" WHERE tenant IN ('{self.bad}', '{self.good}')"
        monkeypatch.setattr(
            stage, "_LEARNERS_DECIDED", stage._LEARNERS_DECIDED.replace(" ORDER BY", f"{of_both_schools} ORDER BY")
        )
        monkeypatch.setattr(stage, "_DUE", stage._DUE.replace(" WHERE", f"{of_both_schools} AND"))
        real = decision_rows.decisions_of

        def decisions_of(catalog: Any, learner: str, *more: Any) -> Any:
            tenant = self.bad if catalog is self.catalogs.latest(self.bad) else self.good
            self.poisoned(tenant, learner)
            return real(catalog, learner, *more)

        monkeypatch.setattr("processors.stages.decide.decisions_of", decisions_of)
        self.stage = Decide(self.log, store, self.catalogs, "mastery", lambda: NOW, self.failing)

    def decided(self, tenant: str) -> list[str]:
        rows = self.store.tuples("SELECT learner FROM decisions FINAL WHERE tenant = %(t)s ORDER BY 1", {"t": tenant})
        return [row[0] for row in rows]


@pytest.fixture
def schools(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Schools]:
    both_schools = Schools(store, tmp_path, monkeypatch)
    yield both_schools
    both_schools.log.close()


def test_the_other_tenant_goes_on_and_this_one_is_named_until_it_is_right(schools: Schools) -> None:
    def poison(tenant: str, learner: str) -> None:
        if tenant == schools.bad:
            raise OverflowError("about Ada")

    schools.poisoned = poison
    for _ in range(2):
        schools.stage.look()
        assert (schools.decided(schools.bad), schools.decided(schools.good)) == ([], ["ada", "bo", "cy"])
        [(tenant, reason)] = schools.failing.read().items()
        assert tenant == schools.bad
        assert reason.startswith("OverflowError in ")
        assert "Ada" not in reason
    schools.poisoned = lambda tenant, learner: None
    schools.stage.look()
    assert schools.decided(schools.bad) == ["ada", "bo", "cy"]
    assert schools.failing.read() == {}


def test_one_learner_who_fails_holds_up_nobody_of_the_tenant(schools: Schools) -> None:
    def poison(tenant: str, learner: str) -> None:
        if (tenant, learner) == (schools.bad, "bo"):
            raise RecursionError

    schools.poisoned = poison
    schools.stage.look()
    assert (schools.decided(schools.bad), schools.decided(schools.good)) == (["ada", "cy"], ["ada", "bo", "cy"])
    assert list(schools.failing.read()) == [schools.bad]


def test_each_part_of_the_learners_is_tried_once(schools: Schools, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"l{number}" for number in range(8)]
    members = [Member(learner=name) for name in names]
    schools.catalogs.append(schools.bad, "op", Class(id="7b", learners=members, skills=["a"]), NOW)

    def poison(tenant: str, learner: str) -> None:
        if (tenant, learner) == (schools.bad, "l5"):
            raise RecursionError

    tried: list[tuple[str, ...]] = []
    real = Decide._decide

    def decide(self: Decide, tenant: str, learners: list[str]) -> None:
        if tenant == schools.bad:
            tried.append(tuple(learners))
        real(self, tenant, learners)

    monkeypatch.setattr(Decide, "_decide", decide)
    schools.poisoned = poison
    schools.stage.look()
    l0, l1, l2, l3, l4, l5, l6, l7 = names
    assert tried == [tuple(names), (l0, l1, l2, l3), (l4, l5, l6, l7), (l4, l5), (l6, l7), (l4,), (l5,)]
    assert schools.decided(schools.bad) == [name for name in names if name != l5]


def test_who_could_not_be_looked_up_is_looked_up_later(schools: Schools, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left are identities: by them alone nothing is decided, also while they still cannot be looked up."""
    first, other = (f"mbox:mailto:{name}@a.example" for name in ("ada", "ada.b"))
    schools.catalogs.append(schools.bad, "op", Alias(id=other, of=first), NOW)
    schools.stage.look()
    learners_decided: list[str] = []
    schools.poisoned = lambda tenant, learner: learners_decided.append(learner)
    bundle = SimpleNamespace(known=-1, refold=[], observations=[SimpleNamespace(tenant=schools.bad, person=other)])
    monkeypatch.setattr(stage, "decode_observations", lambda value: bundle)
    monkeypatch.setattr(Decide, "_wait", lambda self, upto: None)
    record: Any = SimpleNamespace(value=b"", partition=0, position=0)
    real = Catalogs.people

    def people(self: Catalogs, tenant: str) -> People:
        if tenant == schools.bad:
            raise KeyError(tenant)
        return real(self, tenant)

    with monkeypatch.context() as poison:
        poison.setattr(Catalogs, "people", people)
        schools.stage.handle([record])
        schools.stage.look()
        assert learners_decided == []
        assert list(schools.failing.read()) == [schools.bad]
    schools.stage.look()
    person = schools.catalogs.people(schools.bad).person(other)
    assert person != other
    assert person in learners_decided
    assert other not in learners_decided
    assert schools.failing.read() == {}


def test_a_roster_that_cannot_be_read(schools: Schools, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Decide._rostered

    def rostered(self: Decide, tenant: str) -> set[tuple[str, str]]:
        if tenant == schools.bad:
            raise KeyError(tenant)
        return real(self, tenant)

    with monkeypatch.context() as poison:
        poison.setattr(Decide, "_rostered", rostered)
        schools.stage.look()
        schools.stage.look()
        assert schools.decided(schools.good) == ["ada", "bo", "cy"]
        assert list(schools.failing.read()) == [schools.bad]
    schools.stage.look()
    assert schools.decided(schools.bad) == ["ada", "bo", "cy"]
    assert schools.failing.read() == {}


def test_what_the_store_refuses_for_one_tenant_alone(schools: Schools, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number of its policy that the store cannot read."""

    def windows(policy: Policy) -> dict[str, Any]:
        return {"advance_answers": "x" if policy.stale_after == 77.0 else 3, "spinning_after": 9}

    monkeypatch.setattr("processors.stages.decision_table.windows", windows)
    schools.catalogs.append(schools.bad, "op", Policy(stale_after=77.0), NOW)
    schools.stage.look()
    assert (schools.decided(schools.bad), schools.decided(schools.good)) == ([], ["ada", "bo", "cy"])
    assert schools.failing.read()[schools.bad].startswith("StoreRefused in lrs/store/client.py:")


@pytest.mark.parametrize(
    "error",
    [StoreUnavailable("away"), Transient("behind"), Full("no room"), LostData("gone"), UnknownVersion("2"), OSError()],
)
def test_what_concerns_all_is_raised(error: Exception) -> None:
    failures = TenantFailures(NotKept(), lambda: None)
    with pytest.raises(type(error)), failures.of("school", ["ada"]):
        raise error
    assert not failures.fails("school")


def test_what_is_refused_to_everybody_is_no_tenants_fault() -> None:
    def refuses() -> None:
        raise StoreRefused("the table is gone")

    failures = TenantFailures(NotKept(), refuses)
    with pytest.raises(StoreRefused, match="the table is gone"), failures.of("school", ["ada"]):
        raise StoreRefused("the table is gone")
    assert not failures.fails("school")


@pytest.mark.parametrize("shared", [False, True])
def test_others_read_what_was_said(shared: bool, tmp_path: Path) -> None:
    def opened() -> FailingTenants:
        return SharedFailingTenants(f"sqlite:///{tmp_path}/shared.db") if shared else FailingTenantsFile(tmp_path)

    assert opened().read() == {}
    for failing in ({"a": "KeyError", "b": "OverflowError"}, {"b": "KeyError"}, {}):
        opened().write(failing)
        assert opened().read() == failing


@pytest.mark.parametrize("shared", [False, True])
def test_what_passed_is_taken_from_what_was_said(shared: bool, tmp_path: Path) -> None:
    failing_tenants = (
        SharedFailingTenants(f"sqlite:///{tmp_path}/shared.db") if shared else FailingTenantsFile(tmp_path)
    )
    failing_tenants.write({"a": "KeyError", "b": "OverflowError"})
    failing_tenants.change({"b": "KeyError"}, ["a"])
    assert failing_tenants.read() == {"b": "KeyError"}


def test_two_who_decide_name_the_tenants_of_both(tmp_path: Path) -> None:
    failing_tenants = SharedFailingTenants(f"sqlite:///{tmp_path}/shared.db")
    first, second = (TenantFailures(failing_tenants, SimpleNamespace) for _ in range(2))
    first.say()
    for failures, tenant in ((first, "a"), (second, "b")):
        with failures.of(tenant, ["ada"]):
            raise KeyError
        failures.say()
    assert set(failing_tenants.read()) == {"b"}  # the second has begun, and looked at everybody
    first.say()
    assert set(failing_tenants.read()) == {"a", "b"}
    with second.of("b", ["ada"]):
        pass
    second.say()
    assert set(failing_tenants.read()) == {"a"}


def test_who_failed_is_left_though_their_next_answers_came_before_the_fold(
    schools: Schools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poison(tenant: str, learner: str) -> None:
        if tenant == schools.bad:
            raise KeyError

    schools.poisoned = poison
    schools.stage.look()
    schools.stage.look()
    monkeypatch.setattr(stage, "_PATIENCE_SECONDS", 0.0)
    observed = Observation(schools.bad, "ada", 1, str(uuid.uuid4()), 0, Kind.ATTEMPT, "answered")
    record = Record(7, NOW, "", encode_observations([observed], 1, 0), 0)
    with pytest.raises(Transient, match="mastery is behind"):
        schools.stage.handle([record])
    schools.stage.look()
    assert list(schools.failing.read()) == [schools.bad]
    schools.poisoned = lambda tenant, learner: None
    schools.stage.look()
    assert schools.decided(schools.bad) == ["ada", "bo", "cy"]


def test_a_start_says_what_is_so_now(tmp_path: Path) -> None:
    """Whoever failed before it may be done, or gone."""
    failing_tenants = FailingTenantsFile(tmp_path)
    failing_tenants.write({"school": "KeyError"})
    failures = TenantFailures(failing_tenants, SimpleNamespace)
    failures.begin()
    failures.say()
    assert failing_tenants.read() == {}


def test_who_was_found_is_decided_though_the_store_went_away_before(
    schools: Schools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its learners were known again, but nothing was decided yet: the next look knows of no change of theirs."""

    def raises(error: Exception) -> Callable[..., Any]:
        def fails(self: Decide, *arguments: Any) -> Any:
            raise error

        return fails

    with monkeypatch.context() as poison:
        poison.setattr(Decide, "_rostered", raises(KeyError("roster")))
        schools.stage.look()
    with monkeypatch.context() as away:
        away.setattr(Decide, "decide", raises(StoreUnavailable("away")))
        with pytest.raises(StoreUnavailable):
            schools.stage.look()
    schools.stage.look()
    assert (schools.decided(schools.bad), schools.decided(schools.good)) == (["ada", "bo", "cy"], ["ada", "bo", "cy"])
    assert schools.failing.read() == {}
