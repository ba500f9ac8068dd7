"""What a learner works on next, over rows that the fold made."""

from __future__ import annotations

import uuid
from base64 import b64encode
from typing import Any

import pytest

from lrs.pacing.board import NotInCatalog
from lrs.pacing.mastery_rows import kept_of
from lrs.pacing.next_items import known_from, next_items
from lrs.store.client import Store
from processors.folds.mastery import Mastery
from schemas.catalog import Activity, Pattern
from schemas.cmi5.course import Au, Course
from schemas.days import DAY
from schemas.evidence import Evidence
from schemas.material import Material
from schemas.observation import Kind
from schemas.policy import Policy
from schemas.xapi.actor import identity
from tests.support.classroom import NOW, Classroom, ask

ADA = "mbox:mailto:ada@school.example"
SECOND = 1_000_000


@pytest.fixture
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada"}, {"halves": "Halves", "thirds": "Thirds"})
    return made


def answer(room: Classroom, *answers: tuple[str, str, float]) -> None:
    """Fold answers (item, skill, outcome), a second apart, and insert the rows."""
    fold = Mastery()
    state = fold.start()
    for at, (item, skill, outcome) in enumerate(answers):
        time = NOW - (len(answers) - at) * SECOND
        fold.step(state, Evidence(time, time, str(at), 0, Kind.ATTEMPT, "v", item, (skill,), outcome))
    rows = [
        (room.tenant, identity(ADA), key, b64encode(kept).decode(), *values, 1, 0)
        for key, kept, *values in fold.drain(state)
    ]
    names = ["tenant", "learner", "key", "state", *fold.columns, "version", "deleted"]
    types = ["String"] * 4 + list(fold.column_types.values()) + ["UInt64", "UInt8"]
    room.store.insert("mastery", names, types, [list(column) for column in zip(*rows, strict=True)])


def ask_next(room: Classroom, most: int = 3) -> dict[str, Any]:
    return next_items(room.store, room.catalog, room.tenant, ADA, most, NOW)


def test_nothing_opens_anything(room: Classroom) -> None:
    found = ask_next(room)
    assert found["items"] == []
    assert [one["id"] for one in found["without_material"]] == ["halves", "thirds"]


def test_an_item_is_opened_as_the_catalog_says(room: Classroom) -> None:
    room.change(Activity(id="https://a.example/1", name="Cut a cake", skills=["halves"]))
    room.change(Material(id="https://a.example/1", opens="https://a.example/open/1", minutes=5, mode="pair"))
    (item,) = ask_next(room)["items"]
    assert item["chance"] == pytest.approx(0.7, abs=0.3)
    assert {name: item[name] for name in item if name not in ("chance", "in_band")} == {
        "activity": "https://a.example/1",
        "name": "Cut a cake",
        "via": "url",
        "opens": "https://a.example/open/1",
        "minutes": 5.0,
        "measured": False,
        "mode": "pair",
        "screen": True,
        "skill": {"id": "halves", "name": "Halves"},
        "purpose": "start",
        "reason": "New, and requires nothing else.",
        "because": {"code": "first", "values": {}},
    }


def test_by_a_pattern_and_by_a_course(room: Classroom) -> None:
    room.change(Pattern(id="https://a.example/*", skills=["halves"]))
    room.change(Material(id="https://a.example/2"))
    au = Au(
        id="https://c.example/au",
        title={"en": "A unit"},
        description={"en": ""},
        url="https://c.example/go",
        objectives=["thirds"],
    )
    room.change(Course(id="https://c.example", title={"en": "C"}, description={"en": ""}, children=[au]))
    found = ask_next(room)["items"]
    assert [(one["skill"]["id"], one["via"], one["name"]) for one in found] == [
        ("halves", "url", "2"),
        ("thirds", "cmi5", "A unit"),
    ]


def test_answers_move_the_chances(room: Classroom) -> None:
    for item in ("i1", "i2"):
        room.change(Activity(id=item, skills=["halves"]))
        room.change(Material(id=item))
    before = {one["activity"]: one["chance"] for one in ask_next(room)["items"]}
    answer(room, *(("other", "halves", 0.0),) * 3)
    after = {one["activity"]: one["chance"] for one in ask_next(room)["items"]}
    assert after["i1"] < before["i1"]


def test_what_the_clamp_held_up_is_not_taken_off_a_chance(room: Classroom) -> None:
    """The chance is the model's own, which no clamp has moved; with time it loses what the model loses."""
    room.change(Activity(id="i1", skills=["halves"]))
    room.change(Material(id="i1"))
    answer(room, ("other", "halves", 1.0), ("other2", "halves", 0.0))
    fold, person = Mastery(), identity(ADA)
    kept = kept_of(room.store, fold, room.catalog.policy, room.tenant, [person])[person]

    def chance(held: float, days: float) -> float:
        evidence = {"halves": kept.evidence["halves"]._replace(held=held)}
        known = known_from(fold, room.catalog, person, (), evidence, kept.state, NOW + round(days * DAY))
        (wanted,) = [one for one in known.wanted if one.skill == "halves"]
        return known.predict(room.catalog.materials_of("halves")[0], wanted)

    assert chance(1.5, 30) == chance(0.0, 30) == chance(-1.5, 30)
    assert chance(0.0, 30) < chance(0.0, 0)


def test_a_solved_item_gives_way(room: Classroom) -> None:
    for item in ("i1", "i2"):
        room.change(Activity(id=item, skills=["halves"]))
        room.change(Material(id=item))
    answer(room, ("i1", "halves", 1.0))
    (item,) = ask_next(room, 1)["items"]
    assert (item["activity"], item["purpose"]) == ("i2", "practise")


def test_over_http(room: Classroom) -> None:
    room.change(Activity(id="i1", skills=["halves"]))
    room.change(Material(id="i1"))
    found = ask(room.deps(), "GET", f"/pacing/learners/{ADA}/next").json()
    assert (found["learner"], len(found["items"]), found["behind"]) == (ADA, 1, 0)
    compact = ask(room.deps(), "GET", f"/pacing/learners/{ADA}/next?compact=true").json()
    assert compact == {
        "items": [
            {
                "activity": "i1",
                "via": "url",
                "opens": "i1",
                "purpose": "start",
                "reason": "New, and requires nothing else.",
            }
        ]
    }
    assert ask(room.deps(), "GET", f"/pacing/learners/{ADA}/next?count=0").status_code == 400


def test_a_key_that_ends_like_the_route(room: Classroom) -> None:
    learner = "account:https://s.example|x/next"
    room.teach({learner: "X"}, {"halves": "Halves"}, "8a")
    path = "/pacing/learners/account%3Ahttps%3A%2F%2Fs.example%7Cx%2Fnext"
    assert ask(room.deps(), "GET", path).json()["name"] == "X"
    assert ask(room.deps(), "GET", f"{path}/next").json()["learner"] == learner


def test_nobody(room: Classroom) -> None:
    with pytest.raises(NotInCatalog):
        next_items(room.store, room.catalog, room.tenant, "mailto:none@x.example", 3, NOW)


@pytest.mark.parametrize("answered", [False, True])
def test_a_page_has_what_both_answers_have(room: Classroom, answered: bool) -> None:
    room.change(Material(id="h1"))
    room.change(Activity(id="h1", skills=["halves"]))
    if answered:
        answer(room, ("h1", "halves", 0.0), ("h1", "halves", 1.0))
    boards = room.deps().boards
    page, following = boards.read_learner(room.tenant, ADA), boards.read_next(room.tenant, ADA, 3)
    both = boards.read_learner_and_next(room.tenant, ADA, 3)
    assert page == {key: value for key, value in both.items() if key != "next"}
    assert both["next"] == {key: following[key] for key in both["next"]}
    assert both["next"]["items"]


def test_topic_and_language_that_are_asked_for(room: Classroom) -> None:
    for skill in ("halves", "thirds"):
        for language in ("de", "en"):
            id_ = f"https://a.example/{skill}/{language}"
            room.change(Activity(id=id_, skills=[skill]))
            room.change(Material(id=id_, language=language, topics=["Football"] if skill == "halves" else []))

    def ids(query: str) -> list[str]:
        items = ask(room.deps(), "GET", f"/pacing/learners/{ADA}/next?count=4&{query}").json()["items"]
        return [item["activity"].removeprefix("https://a.example/") for item in items]

    assert ids("language=en") == ["halves/en", "thirds/en", "halves/de", "thirds/de"]
    assert ids("topic=football") == ["halves/de", "halves/en"]
    assert ids("topic=music") == []


def test_what_was_answered_last_is_followed_by_another_topic(room: Classroom) -> None:
    room.change(Policy(band_low=0.01, band_high=0.99))  # anything is as good
    for number, topic in enumerate(("cakes", "cakes", "rain")):
        room.change(Activity(id=f"https://a.example/{number}", skills=["halves"]))
        room.change(Material(id=f"https://a.example/{number}", topics=[topic]))
    answer(room, ("https://a.example/0", "halves", 0.0))
    assert [item["activity"] for item in ask_next(room, 1)["items"]] == ["https://a.example/2"]
