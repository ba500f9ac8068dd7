"""What a skill requires, edited: the preview lists whose decisions change, and what cannot be is refused by name."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrs.accounts.roles import PersonRole
from lrs.api import catalog as api_catalog
from lrs.catalog.catalogs import Catalogs
from lrs.catalog.change_validation import MOST_REQUIRED
from lrs.http.signed_in import COOKIE
from lrs.log.sqlite import SqliteLog
from lrs.pacing.board import class_board
from lrs.pacing.requirement_edits import ADD, REMOVE, RequirementEdits, SkillMoved
from lrs.pacing.skill_labels import SkillLabels
from lrs.store.client import Store
from schemas.catalog import Change, Class, Member, School, Skill
from schemas.invalid import Invalid
from schemas.narrowed_policy import NarrowedPolicy
from schemas.policy import Policy
from schemas.preview_answers import CatalogPreview
from tests.support.api import Client, ask
from tests.support.classroom import NOW, Classroom

ADA, BEN = (f"mbox:mailto:{name}@school.example" for name in ("ada", "ben"))


class Editing:
    """The edits of one tenant."""

    def __init__(self, edits: RequirementEdits, tenant: str) -> None:
        self.edits, self.tenant = edits, tenant

    def required(self, skill: str) -> list[str]:
        return list(self.edits.catalogs.latest(self.tenant).required(skill))

    def decided(self) -> dict[tuple[str, str], str]:
        catalog = self.edits.catalogs.latest(self.tenant)
        board = class_board(self.edits.store, catalog, self.tenant, "7b", NOW)
        return {(row["learner"], cell["skill"]): cell["decision"] for row in board["learners"] for cell in row["cells"]}

    def change(self, *skills: Skill) -> None:
        self.edits.catalogs.append_all(self.tenant, "test", skills, NOW)

    def refused(self, action: str, skill: str, requires: str) -> str:
        with pytest.raises(Invalid) as raised:
            self.edits.edit_of(self.tenant, action, skill, requires)
        return str(raised.value)

    def apply(self, action: str, skill: str, requires: str) -> None:
        edit = self.edits.edit_of(self.tenant, action, skill, requires)
        self.edits.apply(self.tenant, "test", edit, edit.version)


@pytest.fixture
def edits(store: Store, tmp_path: Path) -> Iterator[Editing]:
    """7b learns halves, thirds and tenths; thirds require halves, which Ada has mastered and Ben has not."""
    room = Classroom(store, uuid.uuid4().hex)
    room.teach({ADA: "Ada", BEN: "Ben"}, {"halves": "Halves", "thirds": "Thirds", "tenths": "Tenths"})
    for learner, mastery in ((ADA, 0.97), (BEN, 0.5)):
        room.mastery(learner, "halves", mastery, low=mastery - 0.1, ago=0.0)
    log = SqliteLog(tmp_path / "log")
    catalogs = Catalogs(log)
    catalogs.append_all(room.tenant, "test", room.changes, NOW)
    made = Editing(RequirementEdits(store, catalogs, lambda: NOW), room.tenant)
    made.change(Skill(id="thirds", name="Thirds", requires=["halves"]))
    yield made
    log.close()


@pytest.mark.parametrize(("action", "skill"), [(ADD, "Tenths"), (REMOVE, "Thirds")])
def test_what_the_preview_lists_is_what_changes(edits: Editing, action: str, skill: str) -> None:
    edit = edits.edits.edit_of(edits.tenant, action, skill, "Halves" if action == ADD else "halves")
    found = edits.edits.preview(edits.tenant, edit)
    before = edits.decided()
    assert edits.required(edit.changed.id) == ([] if action == ADD else ["halves"])
    edits.edits.apply(edits.tenant, "test", edit, edit.version)
    after = edits.decided()
    listed = {(one["learner"], one["skill"]["id"]): (one["before"], one["after"]) for one in found["decisions"]}
    assert listed == {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    assert listed
    assert found["changed"] == len(listed)


_POLICY = Policy(help_below=0.6, advance_at=0.65)


def _class(*skills: str, **more: Any) -> Class:
    return Class(id="7b", learners=[Member(learner=ADA), Member(learner=BEN)], skills=list(skills), **more)


@pytest.mark.parametrize(
    "changes",
    [
        [Skill(id="tenths", requires=["halves"])],
        [Skill(id="thirds")],
        [_POLICY],
        [_POLICY, _class("halves", "thirds", "tenths", name="Renamed")],
        [_class("tenths", "halves", "thirds"), Skill(id="thirds"), _POLICY],
        [_class("halves"), _POLICY],
        [
            School(id="hill"),
            NarrowedPolicy(school="hill", thresholds={"help_below": 0.6, "advance_at": 0.65}),
            _class("halves", "thirds", "tenths", school="hill"),
        ],
    ],
)
def test_the_preview_of_a_catalog_names_what_skills_and_policies_change_at_once(
    edits: Editing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: list[Change]
) -> None:
    client, tenant = Client(tmp_path / "api", edits.edits.store._dsn()), edits.tenant
    monkeypatch.setattr(api_catalog, "system_time", lambda: NOW)
    accounts = client.parts.signed_in.accounts
    cookie = f"{COOKIE}={accounts.open_session(accounts.add(tenant, tenant, PersonRole.LEADER))}"
    recorded = [recorded.change for recorded in edits.edits.catalogs.changes(tenant)]
    client.parts.catalogs.append_all(tenant, "test", recorded, NOW)
    before = edits.decided()
    answer = ask(
        client.app,
        "POST",
        "/catalog/preview",
        headers={"Cookie": cookie},
        json=[change.model_dump() for change in changes],
    )
    client.close()
    assert answer.status_code == 200, answer.text
    CatalogPreview.model_validate(answer.json())
    edits.edits.catalogs.append_all(tenant, "test", changes, NOW)
    after = edits.decided()
    listed = {
        (one["learner"], one["skill"]["id"]): (one["before"], one["after"])
        for one in answer.json()["at_once"]["decisions"]
    }
    on_both = before.keys() & after.keys()
    assert listed == {key: (before[key], after[key]) for key in on_both if before[key] != after[key]}
    assert listed


def test_what_cannot_be_is_refused_by_name(edits: Editing) -> None:
    assert edits.refused(ADD, "Halves", "Thirds") == "requires: leads back to itself: Halves → Thirds → Halves"
    assert edits.refused(ADD, "Halves", "halves") == "requires: leads back to itself: Halves → Halves"
    assert edits.refused(ADD, "Thirds", "Halves") == "requires: Thirds requires Halves already"
    assert edits.refused(REMOVE, "Halves", "Thirds") == "requires: Halves does not require Thirds"
    assert edits.refused(ADD, "Sixths", "Halves") == "skill: there is no skill Sixths"
    assert edits.refused(ADD, "Halves", "Sixths") == "requires: there is no skill Sixths"
    assert edits.refused(ADD, "", "Halves") == "skill: is missing"
    many = [f"many-{n}" for n in range(MOST_REQUIRED)]
    edits.change(*(Skill(id=id_) for id_ in many), Skill(id="all", requires=many))
    assert edits.refused(ADD, "all", "Halves") == f"requires: has more than {MOST_REQUIRED} items"


def test_a_skill_that_was_changed_meanwhile_is_looked_at_again(edits: Editing) -> None:
    edit = edits.edits.edit_of(edits.tenant, ADD, "Tenths", "Halves")
    edits.apply(ADD, "Tenths", "Thirds")
    again = edits.edits.edit_of(edits.tenant, ADD, "Tenths", "Halves")
    with pytest.raises(SkillMoved):
        edits.edits.apply(edits.tenant, "test", again, edit.version)
    assert edits.required("tenths") == ["thirds"]


def test_everything_else_of_a_skill_stays(edits: Editing) -> None:
    skill = Skill(id="tenths", name="Tenths", aliases=["old"], code="T.10", framework="f", parents=["halves"])
    edits.change(skill)
    edits.apply(ADD, "T.10", "Halves")
    assert edits.edits.catalogs.latest(edits.tenant).skills["tenths"] == skill.model_copy(
        update={"requires": ["halves"]}
    )


def test_what_is_no_skill_any_longer_is_named_and_left_out(edits: Editing) -> None:
    edits.change(Skill(id="fifths", name="Fifths"), Skill(id="tenths", name="Tenths", requires=["fifths", "halves"]))
    edits.change(Skill(id="fifths", removed=True))
    assert edits.edits.edit_of(edits.tenant, ADD, "Tenths", "Thirds").lost == ["fifths"]
    edits.apply(REMOVE, "Tenths", "fifths")
    assert edits.required("tenths") == ["halves"]


def test_skills_that_are_called_alike_have_labels_of_their_own(edits: Editing) -> None:
    edits.change(
        Skill(id="h2", name="halves", code="H.2"),
        Skill(id="h3", name="Halves", code="H.2"),
        Skill(id="long", name="x" * 300, code="L"),
        Skill(id="confused", name="thirds"),
    )
    labels = SkillLabels(edits.edits.catalogs.latest(edits.tenant))
    assert labels.by_id["tenths"] == "Tenths"
    assert labels.by_id["halves"] == "Halves (halves)"
    assert labels.by_id["long"] == f"{'x' * 100} (L)"
    assert {id_: labels.find(label, "skill") for id_, label in labels.by_id.items()} == {
        id_: id_ for id_ in labels.by_id
    }
    assert edits.refused(ADD, "Tenths", "Halves") == (
        "requires: several skills are called Halves: add the code, or give the id"
    )
