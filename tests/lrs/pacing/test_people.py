"""One person with several keys is one row: evidence, names, overrulings and pages are the person's."""

from __future__ import annotations

import uuid

import pytest

from lrs.pacing.board import class_board, learner_page
from lrs.store.client import Store
from processors.stages.said_names import LEARNER_TYPES
from processors.stages.statement_table import insert_rows
from schemas.decision import Decision
from schemas.overruling import Overrule
from schemas.roster import Alias, Person
from schemas.xapi.actor import identity
from tests.support.classroom import NOW, Classroom
from tests.support.statements import key

ADA, MAIL = key("ada"), "mbox:mailto:Ada@school.example"
HALVES = "https://skills.example/halves"


@pytest.fixture
def room(store: Store) -> Classroom:
    made = Classroom(store, f"people-{uuid.uuid4()}")
    made.teach({ADA: "", MAIL: "Ada L."}, {HALVES: "Halves"})
    return made


def test_two_keys_of_a_class_are_two_rows_until_they_are_one_person(room: Classroom) -> None:
    room.mastery(identity(MAIL), HALVES, 0.9)
    before = class_board(room.store, room.catalog, room.tenant, "7b", NOW)
    assert [row["person"] for row in before["learners"]] == [ADA, identity(MAIL)]
    room.change(Alias(id=ADA, of=MAIL))
    [row] = class_board(room.store, room.catalog, room.tenant, "7b", NOW)["learners"]
    assert (row["person"], row["name"], row["cells"][0]["attempts"]) == (identity(MAIL), "Ada L.", 8)


def test_a_page_is_found_by_every_key(room: Classroom) -> None:
    room.change(Person(id="42", name="Ada Lovelace", mailboxes=["ada@school.example"]))
    room.change(Alias(id=ADA, of="person:42"))
    room.mastery("person:42", HALVES, 0.5)
    pages = [learner_page(room.store, room.catalog, room.tenant, one, NOW) for one in (ADA, MAIL, "person:42")]
    for page in pages:
        assert (page["person"], page["name"]) == ("person:42", "Ada L.")
        assert sorted(page["known_as"])[0] == ADA
        assert [skill["attempts"] for skill in page["skills"]] == [8]


def test_a_word_given_under_one_key_counts_for_the_person(room: Classroom) -> None:
    room.mastery(identity(MAIL), HALVES, 0.9)
    room.change(Overrule(learner=ADA, skill=HALVES, decision=Decision.HELP, reason="guessed", by="Ms Po"))
    room.change(Alias(id=ADA, of=MAIL))
    page = learner_page(room.store, room.catalog, room.tenant, MAIL, NOW)
    assert (page["skills"][0]["decision"], page["skills"][0]["overruled"]["by"]) == (Decision.HELP, "Ms Po")


def test_the_name_is_the_last_that_statements_gave_under_any_key(room: Classroom) -> None:
    bo, other = key("bo"), key("other")
    rows = [
        (room.tenant, bo, identity(bo), "Bo", 2),
        (room.tenant, other, identity(other), "Bo Newer", 3),
        (room.tenant, key("third"), identity(key("third")), "", 0),
    ]
    insert_rows(room.store, "learners", LEARNER_TYPES, rows)
    room.change(Alias(id=other, of=bo))
    room.change(Alias(id=key("third"), of=bo))
    assert learner_page(room.store, room.catalog, room.tenant, bo, NOW)["name"] == "Bo Newer"
    room.change(Alias(id=other, removed=True))
    assert learner_page(room.store, room.catalog, room.tenant, bo, NOW)["name"] == "Bo"
