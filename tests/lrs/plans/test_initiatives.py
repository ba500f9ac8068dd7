"""What is tried is declared before it begins; what is declared later says that it cannot be measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
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


def test_of_two_new_ones_of_a_name_the_first_in_the_log_is_declared_whichever_process_it_is_of(
    tmp_path: Path, catalogs: Catalogs
) -> None:
    """The other process looked before the first declared, so it appends its own; the log's order decides for both."""
    with closing(SqliteLog(tmp_path / "log")) as log:
        others = Catalogs(log, seconds=1e9)  # looks again only once it appends
        others.latest("t")
        assert declare(catalogs, initiative(new=True, what="Ada's"))["what"] == "Ada's"
        with pytest.raises(Invalid, match="already") as refused:
            declare(others, initiative(new=True, what="Bo's"), NOW + 1)
        assert refused.value.field == "id"
        for one in (catalogs, others, Catalogs(log)):
            one.follow()
            kept = one.latest("t").planned.initiatives["pairs"]
            assert (kept.initiative.what, kept.first, kept.at) == ("Ada's", NOW, NOW)
    assert declare(catalogs, initiative(what="Both"), NOW + 2)["what"] == "Both"  # a change is one all the same


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
        declare(catalogs, initiative(new=True))
