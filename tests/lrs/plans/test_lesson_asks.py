"""Learners ask to join a mini-lesson; who teaches them includes them, and groups prefer whoever asked."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from subprocess import run
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lrs.accounts.roles import PersonRole
from lrs.clock import system_time
from lrs.http.signed_in import COOKIE
from lrs.plans.groups import lesson_groups
from lrs.plans.lesson_asks import HOLDS, MOST_ASKED, asks_in, asks_of
from lrs.store.client import Store
from schemas.catalog import CHANGES, Catalog, Change, Class, Member, Skill
from schemas.days import DAY
from schemas.decision import Decision
from schemas.lesson_asks import AskedLesson, LessonAsk
from schemas.overruling import Overrule
from schemas.plan_answers import LearnerAsks
from schemas.timetable import Sizes
from tests.lrs.plans.test_groups import board, cell, learner
from tests.support.api import Client
from tests.support.api import ask as ask_app
from tests.support.classroom import NOW
from tests.support.served import served
from tests.support.statements import key

ROOT = Path(__file__).parents[3]
ADA, BEN = key("ada"), key("ben")
SKILLS = [f"s{n}" for n in range(MOST_ASKED + 1)]
OWN, BOARD = f"/board/learners/{quote(ADA, safe='')}", "/board/classes/7b"


def class_of(*skills: str) -> Catalog:
    catalog = Catalog()
    catalog.apply(Class(id="7b", learners=[Member(learner=ADA), Member(learner=BEN)], skills=list(skills)), 1, NOW)
    return catalog


def asks(catalog: Catalog, now: int) -> dict[str, dict[str, AskedLesson]]:
    return asks_in(catalog, catalog.classes["7b"], now)


def test_an_ask_holds_for_two_weeks_and_once_included_to_the_end_of_the_day() -> None:
    catalog = class_of("a")
    catalog.apply(LessonAsk(learner=ADA, skill="a", what="included", by="Ms K"), 2, NOW)
    assert asks(catalog, NOW) == {}  # who did not ask is not included
    catalog.apply(LessonAsk(learner=ADA, skill="a", by="Ada"), 3, NOW)
    catalog.apply(LessonAsk(learner=BEN, skill="b", by="Ben"), 4, NOW)  # which the class does not teach
    assert asks(catalog, NOW + HOLDS - 1) == {ADA: {"a": AskedLesson(NOW)}}
    assert asks(catalog, NOW + HOLDS) == {}
    catalog.apply(LessonAsk(learner=ADA, skill="a", what="included", by="Ms K"), 5, NOW)
    assert asks(catalog, NOW) == {ADA: {"a": AskedLesson(NOW, NOW)}}
    assert asks(catalog, NOW + DAY) == {}
    catalog.apply(LessonAsk(learner=ADA, skill="a", by="Ada"), 6, NOW + DAY)
    assert asks_of(catalog, ADA, NOW + DAY) == {"a": AskedLesson(NOW + DAY)}
    catalog.apply(LessonAsk(learner=ADA, skill="a", what="taken back", by="Ada"), 7, NOW + DAY)
    assert asks(catalog, NOW + DAY) == {}


def test_it_is_an_event_of_the_log_that_nobody_sends() -> None:
    with pytest.raises(ValidationError):
        CHANGES.validate_python([LessonAsk(learner=ADA, skill="a", by="Ada").model_dump()])


class TestGroups:
    NAMES = ("Ada", "Ben", "Cem", "Dua")

    def formed(self, *asked: tuple[str, bool], most: int = 3) -> list[set[str]]:
        """Groups of the skill "a" where Ada lacks least of it and Dua knows it."""
        estimates = dict(zip(self.NAMES, (0.7, 0.5, 0.3, 0.95), strict=True))
        whole = board(*(learner(name, cell("a", "practise", share)) for name, share in estimates.items()))
        keys = {row["name"]: row["learner"] for row in whole["learners"]}
        own = {keys[name]: {"a": AskedLesson(1, 2 if included else None)} for name, included in asked}
        found = lesson_groups(whole, Catalog(), Sizes(least=2, most=most), 1, asks=own)
        assert all(member["gain"] <= 1.0 for group in found["groups"] for member in group["members"])
        return [{member["name"] for member in group["members"]} for group in found["groups"]]

    def test_who_asked_comes_in_before_who_lacks_more(self) -> None:
        assert self.formed(most=2) == [{"Ben", "Cem"}]
        assert self.formed(("Ada", False), most=2) == [{"Ada", "Cem"}]

    def test_who_lacks_nothing_is_in_a_group_only_where_a_teacher_included_them(self) -> None:
        assert self.formed(("Dua", False)) == [{"Ada", "Ben", "Cem"}]
        assert self.formed(("Dua", True)) == [{"Dua", "Ben", "Cem"}]

    @given(st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), unique_by=lambda one: one[0]))
    def test_whoever_was_included_is_in_it(self, asked: list[tuple[str, bool]]) -> None:
        [members] = self.formed(*asked, most=4)
        assert {name for name, included in asked if included} <= members

    @pytest.mark.parametrize("ben_included", [False, True])
    def test_who_loses_the_group_by_the_last_inclusion_is_named_with_whose_it_was(self, ben_included: bool) -> None:
        """Ada and Ben are the group of "a"; Ada, included in "b" with Cem, leaves Ben without one."""
        both = (cell("a", "practise", 0.3), cell("b", "practise", 0.7))
        whole = board(learner("Ada", *both), learner("Ben", both[0]), learner("Cem", both[1]))
        ada, ben = (row["learner"] for row in whole["learners"][:2])

        def asked(included: int | None) -> list[tuple[str, bool, str | None]]:
            own = {ada: {"b": AskedLesson(1, included)}, ben: {"a": AskedLesson(1, 2 if ben_included else None)}}
            found = lesson_groups(whole, Catalog(), Sizes(least=2, most=3), 2, asks=own)["asked"]
            displaced = [one["displaced_by"] and one["displaced_by"]["name"] for one in found]
            return [(one["name"], one["in_group"], by) for one, by in zip(found, displaced, strict=True)]

        assert asked(3) == [("Ada", True, None), ("Ben", False, "Ada")]
        assert asked(None) == [("Ada", False, None), ("Ben", True, None)]


@pytest.fixture
def tenant() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def client(store: Store, tmp_path_factory: pytest.TempPathFactory, tenant: str) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("asks"), store._dsn())
    members = [Member(learner=ADA, name="Ada", person="p-ada"), Member(learner=BEN, name="Ben", person="p-ben")]
    found.parts.catalogs.append_all(
        tenant,
        "test",
        [
            *(Skill(id=skill, name=f"Skill {skill}") for skill in SKILLS),
            Class(id="7b", teachers=["t1"], learners=members, skills=SKILLS),
            Class(id="8c", teachers=["t2"], learners=[Member(learner=key("cem"))], skills=["s0"]),
        ],
        system_time(),
    )
    yield found
    found.close()


def cookie(client: Client, tenant: str, role: PersonRole, person: str) -> dict[str, str]:
    accounts = client.parts.signed_in.accounts
    account = accounts.add(tenant, uuid.uuid4().hex, role, f"{role} {person}", person)
    return {"Cookie": f"{COOKIE}={accounts.open_session(account)}"}


def send(client: Client, who: dict[str, str], path: str, **form: str) -> httpx.Response:
    answer: httpx.Response = ask_app(client.app, "POST", path, headers=who, data=form)
    return answer


def look(client: Client, who: dict[str, str], path: str) -> str:
    answer = ask_app(client.app, "GET", path, headers=who)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def test_from_the_own_page_to_the_group_by_role(client: Client, tenant: str) -> None:
    ada, ben = (cookie(client, tenant, PersonRole.LEARNER, person) for person in ("p-ada", "p-ben"))
    teacher, stranger = (cookie(client, tenant, PersonRole.TEACHER, person) for person in ("t1", "t2"))
    guardian, leader = (
        cookie(client, tenant, PersonRole.GUARDIAN, "p-ada"),
        cookie(client, tenant, PersonRole.LEADER, ""),
    )
    path, including = f"/board/lessons/{quote(ADA, safe='')}", {"learner": ADA, "skill": "s0"}
    assert 'aria-label="Ask for a lesson in Skill s0"' in look(client, ada, OWN)
    assert "/board/lessons/" not in look(client, guardian, OWN)
    refused = {who: send(client, headers, path, skill="s0").status_code for who, headers in
               {"ben": ben, "teacher": teacher, "guardian": guardian}.items()}  # fmt: skip
    assert refused == {"ben": 404, "teacher": 403, "guardian": 403}
    assert send(client, teacher, "/board/groups/7b", **including).status_code == 404  # nobody asked
    assert send(client, ada, path, skill="s0").headers["location"] == f"{OWN}#lessons"
    assert "You asked." in look(client, ada, OWN)
    # In one element: in a row that wraps, each text of its own would be a line of its own.
    assert re.search(r"<li><span><a [^>]*>Ada</a> · Skill s0 · [^<]*</span>", look(client, teacher, BOARD))
    asked = ask_app(client.app, "GET", "/pacing/groups/7b", headers=teacher).json()["asked"]
    assert [(one["learner"], one["skill"]["id"], one["included"]) for one in asked] == [(ADA, "s0", False)]
    assert send(client, stranger, "/board/groups/7b", **including).status_code == 404
    assert send(client, stranger, "/board/groups/8c", **including).status_code == 404  # not of that class
    for who in (ada, guardian):
        assert send(client, who, "/board/groups/7b", **including).status_code == 403
    there = send(client, teacher, "/board/groups/7b", **including).headers["location"]
    assert "Ada is now in “Skill s0”." in look(client, teacher, there.partition("#")[0])
    assert "Your teacher said yes." in look(client, ada, OWN)
    assert 'aria-label="Include Ada in Skill s0 no more"' in look(client, teacher, BOARD)
    assert send(client, stranger, "/board/groups/7b", **including, do="undo").status_code == 404
    there = send(client, teacher, "/board/groups/7b", **including, do="undo").headers["location"]
    assert "Ada is no longer included in “Skill s0”." in look(client, teacher, there.partition("#")[0])
    assert "You asked." in look(client, ada, OWN)
    assert send(client, teacher, "/board/groups/7b", **including).status_code == 303
    assert 'aria-label="Include Ada in Skill s0"' not in look(client, leader, BOARD)
    assert send(client, ada, path, skill="s0", do="withdraw").status_code == 303
    assert "Asked to join a lesson" not in look(client, teacher, BOARD)


def test_tools_of_people_do_by_json_what_pages_do(client: Client, tenant: str) -> None:
    ada, ben = (cookie(client, tenant, PersonRole.LEARNER, person) for person in ("p-ada", "p-ben"))
    teacher, stranger = (cookie(client, tenant, PersonRole.TEACHER, person) for person in ("t1", "t2"))
    lessons, groups = f"/pacing/lessons/{quote(ADA, safe='')}", "/pacing/groups/7b"

    def post(who: dict[str, str], path: str, **sent: str) -> httpx.Response:
        answer: httpx.Response = ask_app(client.app, "POST", path, headers=who, json=sent)
        return answer

    def asked(answer: httpx.Response) -> list[tuple[str, bool]]:
        assert answer.status_code == 200, answer.text
        LearnerAsks.model_validate(answer.json())
        return [(one["skill"]["name"], one["included"]) for one in answer.json()["asked"]]

    including = {"learner": ADA, "skill": "s0"}
    assert post(ben, lessons, skill="s0").status_code == 404
    assert post(teacher, lessons, skill="s0").status_code == 403
    assert post(teacher, groups, **including).status_code == 404  # nobody asked
    assert post(ada, lessons, skill="s0", do="insist").status_code == 400
    assert asked(post(ada, lessons, skill="s0")) == [("Skill s0", False)]
    assert post(stranger, groups, **including).status_code == 404
    assert asked(post(teacher, groups, **including)) == [("Skill s0", True)]
    assert asked(post(teacher, groups, **including, do="undo")) == [("Skill s0", False)]
    assert asked(post(ada, lessons, skill="s0", do="withdraw")) == []


def test_so_many_at_a_time_and_only_what_a_class_of_theirs_teaches(client: Client, tenant: str) -> None:
    ada, path = cookie(client, tenant, PersonRole.LEARNER, "p-ada"), f"/board/lessons/{quote(ADA, safe='')}"
    assert [send(client, ada, path, skill=skill).status_code for skill in SKILLS] == [303] * MOST_ASKED + [400]
    assert send(client, ada, path, skill="s0").status_code == 303  # again is no more
    assert send(client, ada, path, skill="nothing").status_code == 404


def test_the_own_page_lists_each_ask_that_stands_whatever_is_known_of_the_skill(client: Client, tenant: str) -> None:
    ada, path = cookie(client, tenant, PersonRole.LEARNER, "p-ada"), f"/board/lessons/{quote(ADA, safe='')}"
    asked = {"mastered": "s0", "mastered later": "s1", "waits": "s2", "no longer taught": "s3", "begun": "s4"}

    def mastered(skill: str) -> Overrule:
        return Overrule(learner=ADA, skill=skill, decision=Decision.ADVANCE, by="Ms K", reason="knows it")

    client.parts.catalogs.append(tenant, "test", mastered("s0"), system_time())
    for skill in asked.values():
        assert send(client, ada, path, skill=skill).status_code == 303
    now_taught = [skill for skill in SKILLS if skill != "s3"]
    later: list[Change] = [
        mastered("s1"),
        Skill(id="s2", name="Skill s2", requires=["s4"]),
        Class(id="7b", learners=[Member(learner=ADA, name="Ada", person="p-ada")], skills=now_taught),
    ]
    client.parts.catalogs.append_all(tenant, "test", later, system_time())
    page = look(client, ada, OWN)
    assert {why for why, skill in asked.items() if f"Withdraw that you asked for Skill {skill}" in page} == {*asked}
    assert re.findall(r'aria-label="Ask for a lesson in Skill (..)"', page) == ["s5"]
    for skill in asked.values():
        assert send(client, ada, path, skill=skill, do="withdraw").status_code == 303
    assert "Withdraw" not in look(client, ada, OWN)


def test_the_example_of_the_documentation_asks(client: Client, tenant: str, tmp_path: Path) -> None:
    [example] = re.findall(r"```bash\n(.*?)```", (ROOT / "docs/how-to/group-by-an-opening-check.md").read_text(), re.S)
    accounts, login, password = client.parts.signed_in.accounts, uuid.uuid4().hex, "four words of a learner"
    accounts.add(tenant, login, PersonRole.LEARNER, "Ada", "p-ada")
    assert accounts.accept(accounts.invite(login) or "", password)
    with served(client.app) as base:
        named = {"STORE": base, "LEARNER": quote(ADA, safe=""), "SKILL": "s0", "LOGIN": login, "PASSWORD": password}
        ran = run(["bash", "-ec", example], cwd=tmp_path, env=os.environ | named, capture_output=True, check=True)
    answer = LearnerAsks.model_validate_json(ran.stdout)
    assert [(one.skill.id, one.included) for one in answer.asked] == [("s0", False)]
