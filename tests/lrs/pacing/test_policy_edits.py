"""Editing policies: whose decisions a change alters, and that it alters exactly these."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Forbidden
from lrs.log.sqlite import SqliteLog
from lrs.pacing.attention import whom_to_look_at
from lrs.pacing.board import class_board, learner_page
from lrs.pacing.decide import MasteryRow
from lrs.pacing.decision_rows import decisions_of
from lrs.pacing.next_items import next_items
from lrs.pacing.policy_edits import NoScope, PolicyEdits, PolicyMoved, edit_of
from lrs.store.client import Store
from lrs.web import policy_page
from schemas.catalog import Catalog, Class, School
from schemas.invalid import Invalid
from schemas.narrowed_policy import NarrowedPolicy, ThresholdScope
from schemas.policy import Policy
from tests.support.api import ask
from tests.support.classroom import NOW, Classroom

ADA, BEN, CEM = (f"mailto:{name}@school.example" for name in ("ada", "ben", "cem"))


class Editing:
    """The edits of one tenant."""

    def __init__(self, edits: PolicyEdits, tenant: str) -> None:
        self.edits, self.tenant = edits, tenant

    @property
    def catalog(self) -> Catalog:
        return self.edits.catalogs.latest(self.tenant)

    def decided(self) -> dict[tuple[str, str, str], str]:
        boards = [class_board(self.edits.store, self.catalog, self.tenant, one, NOW) for one in ("7b", "8c")]
        return {
            (board["class"]["id"], row["name"], cell["skill"]): cell["decision"]
            for board in boards
            for row in board["learners"]
            for cell in row["cells"]
        }

    def preview(self, scope: ThresholdScope, sees: Any = lambda _: True, **thresholds: float) -> dict[str, Any]:
        return self.edits.preview(self.tenant, edit_of(scope, thresholds, "Ms K"), sees)

    def apply(self, scope: ThresholdScope, seen: Any = None, sees: Any = lambda _: True, **thresholds: Any) -> int:
        return self.edits.apply(self.tenant, "test", edit_of(scope, thresholds, "Ms K"), sees, seen)


@pytest.fixture
def edits(store: Store, tmp_path: Path) -> Iterator[Editing]:
    """7b learns halves and thirds, 8c halves; everybody stands at .7 in each."""
    room = Classroom(store, uuid.uuid4().hex)
    room.teach({ADA: "Ada", BEN: "Ben"}, {"halves": "Halves", "thirds": "Thirds"})
    room.teach({CEM: "Cem"}, {"halves": "Halves"}, "8c", "8c")
    for learner in (ADA, BEN, CEM):
        for skill in ("halves", "thirds"):
            room.mastery(learner, skill, 0.7, low=0.6, ago=0.0)
    log = SqliteLog(tmp_path / "log")
    catalogs = Catalogs(log)
    catalogs.append_all(room.tenant, "test", [School(id="north"), *room.changes], NOW)
    yield Editing(PolicyEdits(store, catalogs, lambda: NOW), room.tenant)
    log.close()


LOWER = {"advance_at": 0.5, "advance_margin": 0.0}


@pytest.mark.parametrize(
    ("scope", "changed"),
    [
        (ThresholdScope(), 5),
        (ThresholdScope(class_id="7b"), 4),
        (ThresholdScope(skill="halves"), 3),
        (ThresholdScope(skill="thirds"), 2),
        (ThresholdScope(class_id="8c", skill="halves"), 1),
        (ThresholdScope(school="north"), 0),
        (ThresholdScope(class_id="8c", skill="thirds"), 0),
    ],
)
def test_what_was_previewed_is_what_changes(edits: Editing, scope: ThresholdScope, changed: int) -> None:
    before = edits.decided()
    assert set(before.values()) == {"practise"}
    found = edits.preview(scope, **LOWER)
    assert edits.decided() == before
    edits.apply(scope, found["version"], **LOWER)
    after = edits.decided()
    listed = {(one["class"]["id"], one["name"], one["skill"]["id"]): one["after"] for one in found["decisions"]}
    assert listed == {key: after[key] for key in after if after[key] != before[key]}
    assert found["changed"] == len(listed) == changed
    moves = Counter((decision["before"], decision["after"]) for decision in found["decisions"])
    assert {(move["before"], move["after"]): move["decisions"] for move in found["moves"]} == moves
    assert found["learners"] == len({name for _, name, _ in listed})


def test_a_change_can_be_undone_and_each_version_says_who(edits: Editing) -> None:
    scope = ThresholdScope(class_id="7b")
    before = edits.decided()
    edits.apply(scope, **LOWER)
    assert edits.decided() != before
    edits.apply(scope)
    assert edits.decided() == before
    found = edits.edits.read(edits.tenant, scope, lambda _: True)
    assert [(one["by"], one["thresholds"]) for one in found["versions"]] == [("Ms K", {}), ("Ms K", LOWER)]
    assert found["effective"]["advance_at"] == 0.8
    assert found["scopes"] == []


def test_what_is_wider_is_told_from_what_is_own(edits: Editing) -> None:
    in_class, of_skill = ThresholdScope(class_id="7b"), ThresholdScope(class_id="7b", skill="halves")
    edits.apply(in_class, advance_at=0.9)
    edits.apply(of_skill, advance_at=0.95)
    shown = [edits.edits.read(edits.tenant, scope, lambda _: True) for scope in (in_class, of_skill)]
    assert [(one["effective"]["advance_at"], one["wider"]["advance_at"]) for one in shown] == [(0.9, 0.8), (0.95, 0.9)]


def test_somebody_elses_change_in_between_is_a_conflict(edits: Editing) -> None:
    scope = ThresholdScope(class_id="7b")
    seen = edits.preview(scope, **LOWER)["version"]
    edits.apply(ThresholdScope(), advance_at=0.85)  # a wider one: it shapes this scope, too
    with pytest.raises(PolicyMoved):
        edits.apply(scope, seen, **LOWER)
    edits.apply(scope, edits.preview(scope, **LOWER)["version"], **LOWER)


@pytest.mark.parametrize(
    ("scope", "thresholds", "field"),
    [
        (ThresholdScope(class_id="9z"), {"advance_at": 0.5}, "class_id"),
        (ThresholdScope(school="south"), {"advance_at": 0.5}, "school"),
        (ThresholdScope(skill="quarters"), {"advance_at": 0.5}, "skill"),
        (ThresholdScope(class_id="7b"), {"help_below": 0.9}, "thresholds.help_below"),
        (ThresholdScope(), {"advance_at": 0.3}, "help_below"),
    ],
)
def test_what_names_nothing_or_contradicts_itself_is_refused(
    edits: Editing, scope: ThresholdScope, thresholds: dict[str, float], field: str
) -> None:
    for act in (edits.preview, edits.apply):
        with pytest.raises(Invalid) as refused:
            act(scope, **thresholds)
        assert refused.value.field == field


def test_scopes_that_contradict_each_other_are_refused(edits: Editing) -> None:
    edits.apply(ThresholdScope(skill="halves"), advance_at=0.5)
    with pytest.raises(Invalid, match="whoever moves on would need help"):
        edits.apply(ThresholdScope(class_id="7b"), help_below=0.6)  # of halves in 7b
    edits.apply(ThresholdScope(class_id="7b"), help_below=0.45)


def test_who_sees_a_class_alone_changes_its_policy_alone(edits: Editing) -> None:
    def sees(class_: Class | None) -> bool:
        return class_ is not None and class_.id == "7b"

    assert edits.preview(ThresholdScope(class_id="7b"), sees, **LOWER)["changed"] == 4
    for scope in (
        ThresholdScope(),
        ThresholdScope(class_id="8c"),
        ThresholdScope(skill="halves"),
        ThresholdScope(school="north"),
    ):
        for refused in (lambda at=scope: edits.preview(at, sees), lambda at=scope: edits.apply(at, None, sees)):
            with pytest.raises(Forbidden):
                refused()
        with pytest.raises(Forbidden):
            edits.edits.read(edits.tenant, scope, sees)


def test_every_answer_decides_by_the_same_policy(edits: Editing) -> None:
    """The learner's page, the table of decisions and the next items agree with the board."""
    edits.apply(ThresholdScope(class_id="7b", skill="halves"), **LOWER, band_low=0.1)
    position = edits.apply(ThresholdScope(class_id="7b"), band_high=0.9)
    page = learner_page(edits.edits.store, edits.catalog, edits.tenant, ADA, NOW)
    assert {one["skill"]: str(one["decision"]) for one in page["skills"]} == {"halves": "advance", "thirds": "practise"}
    row = MasteryRow(0.7, 0.6, 0.8, 8, 6, 1, 0.05, NOW, 3, "i", "w", recent_mean=0.7)
    classes = [edits.catalog.classes["7b"]]
    table = decisions_of(edits.catalog, "ada", classes, {"halves": row, "thirds": row}, NOW)
    assert (table["halves", "7b"].decision, table["thirds", "7b"].decision) == ("advance", "practise")
    assert {table[key].policy for key in table} == {position}
    assert next_items(edits.edits.store, edits.catalog, edits.tenant, ADA, 3, NOW)["band"] == [0.7, 0.9]
    board = class_board(edits.edits.store, edits.catalog, edits.tenant, "7b", NOW)
    assert [one.get("policy", {}).get("advance_at") for one in board["skills"]] == [0.5, None]


def test_now_looks_at_a_skill_by_its_own_policy(edits: Editing) -> None:
    edits.apply(ThresholdScope(skill="halves"), help_below=0.75, spinning_below=0.0)
    board = class_board(edits.edits.store, edits.catalog, edits.tenant, "7b", NOW)
    for row in board["learners"]:
        row["last_seen"] = NOW
    assert {one.line for one in whom_to_look_at(board, NOW)} == {"70% after 8 answers in Halves · within a day"}


@pytest.mark.parametrize(
    "unknown", [{"school": "zz"}, {"class_id": "zz"}, {"skill": "zz"}, {"class_id": "7b", "skill": "zz"}]
)
def test_of_what_is_not_there_nothing_is_read(edits: Editing, unknown: dict[str, str]) -> None:
    with pytest.raises(NoScope, match="no such school, class or skill") as refused:
        edits.edits.read(edits.tenant, ThresholdScope(**unknown), lambda _: True)
    assert unknown[refused.value.field] == "zz"


class TestPage:
    @pytest.fixture
    def app(self, edits: Editing) -> FastAPI:
        async def tenant(_: Any) -> str:
            return edits.tenant

        app = FastAPI()
        app.include_router(policy_page.router(edits.edits, tenant))
        return app

    def post(self, app: FastAPI, what: str, **form: str) -> httpx.Response:
        return ask(app, "POST", f"/board/policy/{what}", data=form)

    def test_from_the_form_to_the_change(self, app: FastAPI, edits: Editing) -> None:
        shown = ask(app, "GET", "/board/policy", params={"class_id": "7b"}).text
        assert 'placeholder="80"' in shown
        assert "idle_after" not in shown  # it is everybody's
        assert "Mastery here is as of the last answer" in shown
        assert re.search(r"Answers without a new best</span> <b>10</b>", shown)
        assert 'name="spinning_after"' in ask(app, "GET", "/board/policy").text
        form = {"class_id": "7b", "advance_at": "50", "advance_margin": "0", "stuck_after": "3", "by": "Ms K"}
        preview = self.post(app, "preview", **form)
        assert "4 decisions of 2 learners" in preview.text
        assert "Nothing is changed yet" in preview.text
        version = edits.preview(ThresholdScope(class_id="7b"))["version"]
        assert f'name="seen" value="{version}"' in preview.text
        assert self.post(app, "apply", **form).status_code == 400  # nobody previewed it
        done = self.post(app, "apply", **form, seen=str(version))
        assert (done.status_code, done.headers["location"]) == (303, "/board/policy?class_id=7b&applied=")
        [own] = edits.catalog.policies.narrowed.values()
        assert own == NarrowedPolicy(class_id="7b", thresholds=LOWER | {"stuck_after": 3}, by="Ms K")
        assert self.post(app, "apply", **form, seen=str(version)).status_code == 409
        shown = ask(app, "GET", "/board/policy", params={"class_id": "7b"}).text
        assert 'name="advance_at" type="number" step="any" min="0" inputmode="decimal" value="50"' in shown

    def test_of_a_class_that_is_not_there(self, app: FastAPI) -> None:
        answer = ask(app, "GET", "/board/policy", params={"class_id": "zz"})
        assert answer.status_code == 404
        assert "there is no such school, class or skill" in answer.text

    def test_of_everybody(self, app: FastAPI, edits: Editing) -> None:
        self.post(app, "apply", advance_at="75.5", idle_after="20", seen="0", by="Mr L")
        assert edits.catalog.policy == Policy(advance_at=0.755, idle_after=20, by="Mr L")

    @pytest.mark.parametrize(("name", "value"), [("advance_at", "much"), ("stuck_after", "2.5"), ("band_low", "nan")])
    def test_what_is_no_number(self, app: FastAPI, name: str, value: str) -> None:
        answer = self.post(app, "preview", **{"class_id": "7b", name: value})
        assert answer.status_code == 400
        assert policy_page.THRESHOLDS[name].says in answer.text

    @pytest.mark.parametrize("scope", [{"class_id": "7b"}, {}])
    def test_errors_are_in_the_words_and_units_of_the_form(self, app: FastAPI, scope: dict[str, str]) -> None:
        def says(**form: str) -> str:
            answer = self.post(app, "preview", **scope, **form)
            assert answer.status_code == 400
            return answer.text

        assert "Mastery that lets a learner move on: must be a percentage from 0 to 100" in says(advance_at="180")
        assert "or a loss of mastery of: must be a percentage from 0 to 100" in says(review_drop="-1")
        assert "Wrong answers in a row: is less than 1" in says(stuck_after="0")
        assert "Days without practice: is not more than 0" in says(review_after="0")
        assert "(advance_at: 87.5%): whoever moves on" in says(advance_at="87.5", help_below="90")
        assert "(band_high: 70%)" in says(band_high="70", band_low="80")

    def test_policies_of_their_own_and_versions_are_named(self, app: FastAPI, edits: Editing) -> None:
        form = {"class_id": "7b", "skill": "halves", "advance_at": "85", "stuck_after": "3", "by": "Ms K"}
        version = edits.preview(ThresholdScope(class_id="7b", skill="halves"))["version"]
        assert self.post(app, "apply", **form, seen=str(version)).status_code == 303
        shown = ask(app, "GET", "/board/policy", params={"class_id": "7b", "skill": "halves"}).text
        assert "moves on at 85%, help after wrong in a row 3" in shown
        assert not re.search(r"(?<!name=\")advance_at(?!\")", shown)
        assert [*re.findall(r"<li><a[^>]*>(.*?)</a></li>", shown)] == ["7b · Halves"]

    def test_every_threshold_has_words(self) -> None:
        assert policy_page.THRESHOLDS.keys() == Policy.model_fields.keys() - {"kind", "by"}
