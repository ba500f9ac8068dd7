"""Whoever works in an adopted class later is a member of it: by a change of the catalog, which a look makes once."""

from __future__ import annotations

from typing import Any

import pytest

from lrs.catalog import change_validation
from lrs.catalog.catalogs import Catalogs
from lrs.pacing import provisional
from lrs.pacing.provisional import adoption, joined_members
from processors.reinterpretation import joined_classes
from processors.reinterpretation.joined_classes import join_classes
from schemas.catalog import Catalog, Class, Member
from schemas.invalid import Invalid
from tests.processors.reinterpretation.school import School, ask
from tests.support.statements import HOME, key

COURSE = f"{HOME}/course/view.php?id=2"


def work(name: str) -> dict[str, Any]:
    of = {"id": COURSE, "definition": {"type": "http://adlnet.gov/expapi/activities/course"}}
    return ask(name, "i1") | {"context": {"contextActivities": {"parent": [of]}}}


@pytest.fixture
def adopted(school: School) -> School:
    school.send([work("ada")])
    school.finish()
    school.change(*adoption(school.store, school.catalogs.latest(school.tenant), school.tenant, COURSE, "7b", ""))
    return school


def members(school: School) -> list[str]:
    catalogs = Catalogs(school.log)
    return [member.learner for member in catalogs.latest(school.tenant).classes["7b"].learners]


def test_a_look_makes_members_once(adopted: School) -> None:
    assert join_classes(adopted.store, adopted.catalogs, 2) == 0
    adopted.send([work("cy")])
    adopted.finish()
    assert join_classes(adopted.store, adopted.catalogs, 2) == 1
    assert members(adopted) == [key("ada"), key("cy")]
    assert join_classes(adopted.store, adopted.catalogs, 2) == 0


def test_no_more_join_than_a_class_may_have(adopted: School, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (change_validation, provisional):
        monkeypatch.setattr(module, "MOST_LEARNERS", 2)
    adopted.send([work("cy"), work("di")])
    adopted.finish()
    assert join_classes(adopted.store, adopted.catalogs, 2) == 1
    assert members(adopted) == [key("ada"), key("cy")]
    assert join_classes(adopted.store, adopted.catalogs, 2) == 0
    with pytest.raises(Invalid, match="learners: has more than 2 items"):
        adoption(adopted.store, Catalog(), adopted.tenant, COURSE, "8a", "")


def test_what_somebody_says_at_the_same_moment_stays(adopted: School, monkeypatch: pytest.MonkeyPatch) -> None:
    adopted.send([work("cy")])
    adopted.finish()
    by_hand = Class(id="7b", name="by hand", learners=[Member(learner=key("ada"))])

    def joined_meanwhile(*of: Any) -> Any:
        joined = joined_members(*of)
        Catalogs(adopted.log).append(adopted.tenant, "operator", by_hand, 2)
        return joined

    monkeypatch.setattr(joined_classes, "joined_members", joined_meanwhile)
    assert join_classes(adopted.store, adopted.catalogs, 2) == 0
    assert members(adopted) == [key("ada")]
    monkeypatch.undo()
    assert join_classes(adopted.store, adopted.catalogs, 2) == 1
    assert Catalogs(adopted.log).latest(adopted.tenant).classes["7b"].name == "by hand"
