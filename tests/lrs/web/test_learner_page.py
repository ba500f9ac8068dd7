"""The page of a learner: the path, what comes next, the answers behind a number; and what the family is shown."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from lrs.accounts.accounts import Account
from lrs.accounts.roles import PersonRole
from lrs.store.client import Store
from lrs.web.decision_words import anchor
from schemas.catalog import Activity, Class, Member, Skill
from schemas.days import DAY, day_name
from schemas.material import Material
from tests.lrs.evaluation.test_history import answer, keep
from tests.support.browser import looked_at
from tests.support.classroom import NOW, Classroom, application, ask
from tests.support.pages import check_accessible, check_narrow
from tests.support.served import served

ADA = "account:https://school.example/x|ada"
PATH = f"/board/learners/{quote(ADA, safe='')}"
GRAPH = {"s0": [], "s1": ["s0"], "s2": ["s1"], "s3": ["s2"]}


@pytest.fixture(scope="module")
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    for id_, requires in GRAPH.items():
        made.change(Skill(id=id_, name=f"Skill {id_}", requires=requires))
    made.change(Class(id="7a", learners=[Member(learner=ADA, name="Ada")], skills=list(GRAPH)))
    made.change(Activity(id="https://a.example/1", name="Task one", skills=["s1"]))
    made.change(Material(id="https://a.example/1", minutes=5))
    stuck = {"streak": -6, "low": 0.1, "high": 0.5}
    made.masteries([(ADA, "s0", 0.93, {}), (ADA, "s1", 0.3, stuck)])
    person = made.catalog.people.person(ADA)
    keep(store, [answer(made.tenant, person, NOW - n * 9**10, f"item {n}", ("s1",), outcome=0.0) for n in range(6)])
    keep(store, [answer(made.tenant, person, NOW - days * DAY, f"old {days}", ("s0",)) for days in (3, 24, 25)])
    return made


@pytest.mark.parametrize("role", [PersonRole.LEARNER, PersonRole.GUARDIAN, PersonRole.TEACHER])
def test_families_read_plain_words_without_numbers_or_forms(
    room: Classroom, role: PersonRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account("1", room.tenant, "ada", "Ada", role, ADA, True)
    monkeypatch.setattr("lrs.web.board_pages.account_of", lambda request: account)
    monkeypatch.setattr("lrs.web.templating.account_of", lambda request: account)
    text = ask(room.deps(), "GET", f"{PATH}?skill=s1").text
    plain = role is not PersonRole.TEACHER
    for word in ("%", "/board/overrule", "wrong answers in a row", "item 0"):
        assert (word not in text) == plain, word
    assert ("How to help at home" in text) == (role is PersonRole.GUARDIAN)
    assert "/statements/" not in text
    assert "Task one" in text


@pytest.fixture(scope="module")
def base(room: Classroom) -> Iterator[str]:
    with served(application(room.deps())) as found:
        yield found


@pytest.fixture
def page(browser: Browser, base: str) -> Iterator[Page]:
    with looked_at(browser, base) as found:
        found.goto(PATH)
        yield found


def test_the_path_is_drawn_and_reached_by_keyboard(page: Page) -> None:
    nodes = page.locator("svg.path a")
    assert [node.get_attribute("aria-label") for node in nodes.all()] == [
        "Skill s0 done · move on",
        "Skill s1 open · help",
        "Skill s2 waits · wait, for Skill s1",
        "Skill s3 waits · wait, for Skill s2",
    ]
    nodes.nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#{anchor('s1')}")
    assert "Skill s1" in page.locator("article:target").inner_text()


def test_what_comes_next_says_why(page: Page) -> None:
    first = page.get_by_role("region", name="Next").get_by_role("listitem").first.inner_text()
    assert "Task one · Skill s1 · 5 min" in first
    assert "6 wrong answers in a row" in first


def test_a_number_opens_the_answers_behind_it(page: Page) -> None:
    assert page.get_by_role("region", name="Answers").count() == 0
    page.locator(f"#{anchor('s1')}").get_by_role("link", name="See the answers").click()
    rows = page.get_by_role("region", name="Answers").locator("tbody tr")
    assert rows.count() == 6
    assert rows.first.locator("td").all_inner_texts()[:2] == ["wrong", "item 0"]
    assert (rows.first.get_by_role("link").get_attribute("href") or "").startswith("/statements/")
    page.goto(f"{PATH}?skill=s1")  # at the top again, not at the skill
    check_accessible(page)
    check_narrow(page)


def test_every_number_leads_to_its_answers_and_help_to_one_thing_to_do(page: Page, room: Classroom) -> None:
    assert page.get_by_role("region", name="What to do").inner_text().startswith("What to do\n\n1 skill needs help")
    page.locator(f"#{anchor('s1')} .behind").first.click()
    assert page.get_by_role("region", name="Answers").locator("tbody tr").count() == 6
    chart = page.locator(f"#{anchor('s1')} svg.curve", has=page.locator(".bar-all"))
    assert (
        chart.locator(".dot").count() == page.get_by_text("The weeks").locator("xpath=..").locator("tbody tr").count()
    )
    page.goto(f"{PATH}?skill=s0")
    by_week = page.locator("svg.curve", has=page.locator(".bar-all"))
    assert by_week.locator(".dot").count() == 2
    page.get_by_text("The weeks", exact=True).click()
    assert page.locator("details", has_text="The weeks").locator("tbody tr").count() == 2
    day = day_name(NOW // DAY)
    page.goto(f"{PATH}?day={day}")
    rows = page.get_by_role("region", name=f"Answers of {day}").locator("tbody tr")
    assert "Skill s1" in rows.first.inner_text()
    page.goto(f"{PATH}?day=nonsense")
    assert page.get_by_role("region", name="Answers of").count() == 0
