"""A person has one name, whatever names them: a class's page, the person's page, `lrs people show`."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lrs.pacing.board import class_board, learner_page
from lrs.people.identities import Identities
from lrs.store.client import Store
from schemas.catalog import Class, Member, Skill
from schemas.roster import Alias, Person
from schemas.xapi.actor import identity
from tests.support.classroom import NOW, Classroom

A, B = "account:https://m.example|a", "account:https://m.example|b"
SAID = [(A, "Zoe of Moodle", 5), (B, "Ann of H5P", 7)]  # by key, with the versions of the rows


@pytest.mark.parametrize(
    ("in_class", "on_roster", "name"),
    [("Ada", "Ada Lovelace", "Ada"), ("", "Ada Lovelace", "Ada Lovelace"), ("", "", "Ann of H5P")],
)
def test_it_is_the_same_everywhere(store: Store, in_class: str, on_roster: str, name: str) -> None:
    room = Classroom(store, uuid.uuid4().hex)
    room.change(Skill(id="s", name="Halving"))
    room.change(Person(id="1", name=on_roster, aliases=[A]))
    room.change(Class(id="7b", skills=["s"], learners=[Member(learner=A, name=in_class)]))
    room.change(Class(id="7c", skills=["s"], learners=[Member(learner=A, name=in_class and "Ada L.")]))
    room.change(Alias(id=identity(B), of="person:1"))
    columns = {"tenant": "String", "learner": "String", "person": "String", "name": "String", "version": "UInt128"}
    rows = [[room.tenant, key, identity(key), said, version] for key, said, version in SAID]
    store.insert(
        "learners", list(columns), list(columns.values()), [list(column) for column in zip(*rows, strict=True)]
    )
    catalogs = cast("Any", SimpleNamespace(latest=lambda _: room.catalog))
    [shown] = Identities(store, catalogs, lambda: NOW).show(room.tenant)["persons"]
    [on_board] = class_board(store, room.catalog, room.tenant, "7b", NOW)["learners"]
    page = learner_page(store, room.catalog, room.tenant, A, NOW)
    assert [shown["name"], on_board["name"], page["name"]] == [name] * 3
