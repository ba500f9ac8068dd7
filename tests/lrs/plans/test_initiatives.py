"""What is tried is declared before it begins; what is declared later says that it cannot be measured."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lrs.catalog.catalogs import Catalogs
from lrs.log.sqlite import SqliteLog
from lrs.plans.initiatives import Initiatives
from schemas.catalog import Class, Skill
from schemas.days import DAY
from schemas.invalid import Invalid
from schemas.plan_events import Initiative
from tests.support.classroom import NOW  # 2030-03-17


@pytest.fixture
def catalogs(tmp_path: Path) -> Iterator[Catalogs]:
    log = SqliteLog(tmp_path / "log")
    made = Catalogs(log)
    made.append_all("t", "test", [Class(id="7b"), Class(id="7c"), Skill(id="halves")], NOW)
    yield made
    log.close()


def initiative(**more: Any) -> Initiative:
    fields = {
        "id": "pairs",
        "what": "Pairs on Mondays",
        "classes": ["7b"],
        "since": "2030-03-20",
        "until": "2030-05-01",
    }
    return Initiative.model_validate(fields | more)


def declare(catalogs: Catalogs, one: Initiative, now: int = NOW) -> dict[str, Any]:
    return Initiatives(catalogs, lambda: now).declare("t", "Ms K", "key", one, lambda _: True)


def test_before_it_begins(catalogs: Catalogs) -> None:
    found = declare(catalogs, initiative(comparison="classes", compared=["7c"], skills=["halves"]))
    assert (found["state"], found["measurable"], found["by"]) == ("declared", True, "Ms K")
    [listed] = Initiatives(catalogs, lambda: NOW + 5 * DAY).read("t", lambda _: True)["initiatives"]
    assert (listed["state"], listed["measurable"]) == ("running", True)
    [over] = Initiatives(catalogs, lambda: NOW + 90 * DAY).read("t", lambda _: True)["initiatives"]
    assert over["state"] == "over"


def test_of_two_new_ones_of_a_name_at_a_time_one_is_declared(catalogs: Catalogs) -> None:
    initiatives, together = Initiatives(catalogs, lambda: NOW), threading.Barrier(2)
    for number in range(20):
        one = initiative(id=f"pairs{number}")

        def new(by: str, one: Initiative = one) -> str:
            together.wait(30)
            try:
                initiatives.declare("t", by, "key", one, lambda _: True, new=True)
            except Invalid:
                return ""
            return by

        with ThreadPoolExecutor(2) as pool:
            done = [by for by in pool.map(new, ("Ada", "Bo")) if by]
        assert [catalogs.latest("t").planned.initiatives[one.id].initiative.by] == done


def test_what_is_declared_or_changed_later_cannot_be_measured(catalogs: Catalogs) -> None:
    assert not declare(catalogs, initiative(id="late", since="2030-03-17"))["measurable"]
    assert declare(catalogs, initiative())["measurable"]
    changed = declare(catalogs, initiative(outcome="help"), NOW + 10 * DAY)
    assert not changed["measurable"]
    assert (changed["declared_at"], changed["changed_at"]) == (NOW, NOW + 10 * DAY)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"until": "2030-03-20"}, "until: is not after since"),
        ({"since": "2030-02-31"}, "day"),
        ({"classes": []}, "at least 1"),
        ({"what": ""}, "at least 1"),
        ({"comparison": "classes"}, "say with which classes"),
        ({"comparison": "classes", "compared": ["7b"]}, "names a class that is tried"),
        ({"outcome": "joy"}, "outcome"),
    ],
)
def test_what_says_too_little_is_refused(more: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        initiative(**more)


def test_it_names_what_there_is_and_is_seen_by_who_sees_its_classes(catalogs: Catalogs) -> None:
    for more, field in (({"classes": ["9z"]}, "classes.0"), ({"skills": ["thirds"]}, "skills.0")):
        with pytest.raises(Invalid) as refused:
            declare(catalogs, initiative(**more))
        assert refused.value.field == field
    declare(catalogs, initiative())
    assert Initiatives(catalogs, lambda: NOW).read("t", lambda one: one is not None and one.id == "7c") == {
        "initiatives": []
    }


def test_a_name_that_is_used_is_not_taken_for_another(catalogs: Catalogs) -> None:
    declare(catalogs, initiative())
    with pytest.raises(Invalid, match="already"):
        Initiatives(catalogs, lambda: NOW).declare("t", "by", "c", initiative(), lambda _: True, new=True)
