"""What items are a part of: whenever it was said, and learned from other statements."""

from __future__ import annotations

from processors.reinterpretation.learned_parents import learn_parents
from schemas.catalog import Activity, PartOf
from tests.processors.reinterpretation.school import ITEMS, UNITS, School, ask
from tests.support.statements import HOME


def test_an_item_is_a_part_of_something_whenever_that_was_said(school: School) -> None:
    school.change(Activity(id=UNITS[0], skills=["a"]))
    school.send([ask("ada", "i1")])
    school.finish()
    assert {key for _, key in school.live()["mastery"]} == {""}
    school.change(PartOf(id=ITEMS[0], of=[UNITS[0]]))
    school.follower().once()
    assert {key for _, key in school.live()["mastery"]} == {"", "a"}
    assert school.live() == school.expected()


def test_what_items_are_a_part_of_is_learned_from_statements(school: School) -> None:
    """Some statements of an item say it and others do not; an attempt, a site and an item are no such parents."""
    school.change(Activity(id=UNITS[0], skills=["a"]))
    answer = ask("ada", "i1")
    typed = "http://adlnet.gov/expapi/activities"
    around = {
        "course": {"id": f"{HOME}/course", "definition": {"type": f"{typed}/course"}},
        "attempt": {"id": f"{HOME}/attempts/1", "definition": {"type": f"{typed}/attempt"}},
        "site": {"id": HOME, "definition": {"type": "http://id.tincanapi.com/activitytype/site"}},
        "unit": {"id": UNITS[0], "definition": {"type": f"{typed}/module"}},
    }
    answer["context"] = {"contextActivities": {"parent": list(around.values())}}
    school.send([answer, ask("bo", "i1"), ask("bo", "i2")])
    school.finish()
    assert (("account:https://school.example|bo", "a") in school.live()["mastery"]) is False
    learn_parents(school.store, school.catalogs, 1)
    assert school.catalogs.latest(school.tenant).edges[ITEMS[0]].of == [UNITS[0], f"{HOME}/course"]
    assert set(school.catalogs.latest(school.tenant).edges) == {ITEMS[0]}
    position = school.catalogs.position
    learn_parents(school.store, school.catalogs, 1)  # there is no more to learn
    school.catalogs.follow()
    assert school.catalogs.position == position
    school.follower().once()
    assert ("account:https://school.example|bo", "a") in school.live()["mastery"]
    assert school.live() == school.expected()
