"""The page of a learner: the path, what comes next, the answers behind a number; and what the family is shown."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from lrs.accounts.accounts import Account
from lrs.accounts.roles import PersonRole
from lrs.store.client import Store
from lrs.web import languages
from lrs.web.decision_words import anchor
from lrs.web.languages import LANGUAGES, ShownIn, shown_in
from schemas.catalog import Activity, Class, Member, Skill
from schemas.days import DAY, day_name
from schemas.decision import Decision
from schemas.material import Material
from schemas.overruling import Overrule
from schemas.policy import Policy
from tests.lrs.evaluation.test_history import answer, keep
from tests.support.browser import looked_at
from tests.support.classroom import NOW, Classroom, application, ask
from tests.support.pages import COLLIDING, bare_dates, check_accessible, check_narrow, check_printed, press
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
    stuck = {"streak": -6, "low": 0.1, "high": 0.5, "first_attempts": 6, "first_wins": 2}
    made.masteries([(ADA, "s0", 0.93, {}), (ADA, "s1", 0.3, stuck)])
    person = made.catalog.people.person(ADA)
    keep(store, [answer(made.tenant, person, NOW - n * 9**10, f"item {n}", ("s1",), outcome=0.0) for n in range(6)])
    keep(store, [answer(made.tenant, person, NOW - days * DAY, f"old {days}", ("s0",)) for days in (3, 24, 25)])
    return made


@pytest.mark.parametrize("query", ["skill=zz", "goal=zz"])
def test_of_a_skill_that_is_not_there(room: Classroom, query: str) -> None:
    answer = ask(room.deps(), "GET", f"{PATH}?{query}")
    assert answer.status_code == 404
    assert "this learner has no such skill" in answer.text


@pytest.mark.parametrize("role", [PersonRole.LEARNER, PersonRole.GUARDIAN, PersonRole.TEACHER])
def test_families_read_plain_words_without_numbers_or_forms(
    room: Classroom, role: PersonRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account("1", room.tenant, "ada", "Ada", role, ADA, True)
    monkeypatch.setattr("lrs.web.board_pages.account_of", lambda request: account)
    monkeypatch.setattr("lrs.web.templating.account_of", lambda request: account)
    text = ask(room.deps(), "GET", f"{PATH}?skill=s1").text
    plain = role is not PersonRole.TEACHER
    for word in ("/board/overrule", "wrong answers in a row", "item 0"):
        assert (word not in text) == plain, word
    assert ("%" not in re.sub(r"<[^>]*>", "", text)) == plain  # an address in a form has some, too
    assert ("How to help at home" in text) == (role is PersonRole.GUARDIAN)
    assert "/statements/" not in text
    assert "Task one" in text
    first, *_ = re.findall(r"<h2[^>]*>(.*?)</h2>", text)
    assert first == {
        PersonRole.LEARNER: "Choose what you do next",
        PersonRole.GUARDIAN: "What goes well",
        PersonRole.TEACHER: "What to do",
    }.get(role)
    assert ("<svg" in text) == (role is not PersonRole.GUARDIAN)
    assert ("Let Ada explain “Skill s0”" in text) == (role is PersonRole.GUARDIAN)
    assert ("Skill s2: after Skill s1" in text) == (role is PersonRole.LEARNER)


@pytest.mark.parametrize("age", [60.0, 600.0])
def test_families_read_that_answers_are_missing_and_nothing_of_events(
    room: Classroom, monkeypatch: pytest.MonkeyPatch, age: float
) -> None:
    account = Account("1", room.tenant, "ada", "Ada", PersonRole.LEARNER, ADA, True)
    monkeypatch.setattr("lrs.web.board_pages.account_of", lambda request: account)
    monkeypatch.setattr("lrs.web.templating.account_of", lambda request: account)
    behind = room.deps(fresh=lambda: {"position": 1, "behind": 2, "age_seconds": age})
    text = ask(behind, "GET", PATH).text
    assert "The newest answers are not on this page yet." in text
    assert "behind" not in text


@pytest.mark.parametrize("code", LANGUAGES)
def test_days_and_times_are_written_as_the_language_does(room: Classroom, code: str) -> None:
    for query in ("", "?skill=s1", "?skill=s0", f"?day={day_name(NOW // DAY)}"):
        text = ask(room.deps(), "GET", PATH + query, headers={"Accept-Language": code}).text
        assert bare_dates(text) == [], query
        with shown_in(ShownIn(code)):
            assert languages.moment(NOW) in text
            assert f">{languages.day_of_year('2030-02-04')}<" in text  # of the axis
            if "day" in query:
                assert languages.day("2030-03-17") in text


def test_bare_dates_are_found() -> None:
    shown = '<p title="2030-01-02">on 2030-03-17</p><pre>2030-05-05</pre><a href="/2030-06-06">of 2030-07</a>'
    assert bare_dates(shown) == ["2030-01-02", "2030-03-17", "2030-07"]


def test_the_card_of_a_skill_has_its_curve_by_week_since_the_first_attempt(store: Store) -> None:
    """Whether the row still holds all attempts ("s0"), or the last ones alone ("s1")."""
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada"}, {"s0": "Halves", "s1": "Thirds", "s2": "Fifths"})
    person, attempts = made.catalog.people.person(ADA), 6
    times = [NOW - 7 * week * DAY - n * 60_000_000 for week in reversed(range(8)) for n in reversed(range(attempts))]
    told = [answer(made.tenant, person, at, str(n), ("s1",), outcome=float(n % 3 > 0)) for n, at in enumerate(times)]
    keep(store, told)
    made.mastery(ADA, "s0", 0.6, attempts=3, curve_times=[NOW - 15 * DAY, NOW - 1, NOW], curve=[0.4, 0.5, 0.6])
    made.mastery(ADA, "s1", 0.6, attempts=len(times), curve_times=times[-32:], curve=[0.6] * 32)
    made.mastery(ADA, "s2", 0.6, attempts=2, curve_times=[NOW - 1, NOW], curve=[0.5, 0.6])
    page = ask(made.deps(), "GET", PATH).text
    cards = {
        skill: page.partition(f'id="{anchor(skill)}"')[2].partition("</article>")[0] for skill in ("s0", "s1", "s2")
    }
    points = {skill: re.findall(r'class="line" points="([^"]*)"', card)[0].split() for skill, card in cards.items()}
    assert {skill: len(some) for skill, some in points.items()} == {"s0": 2, "s1": 8, "s2": 2}
    by_week = "At the end of each week of practice, since the first."
    assert {skill: by_week in card for skill, card in cards.items()} == {"s0": True, "s1": True, "s2": False}
    with shown_in(ShownIn("en")):
        assert f">{languages.date(times[attempts - 1])}</text>" in cards["s1"]


def test_what_happened_is_on_the_curve_and_in_a_table(store: Store) -> None:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada"}, {"s0": "Halves"})
    made.mastery(ADA, "s0", 0.4, low=0.2, high=0.6)
    person, minute = made.catalog.people.person(ADA), 60_000_000
    for skill, weeks, right, count in (("s0", 3, 0.0, 6), ("s1", 2, 1.0, 30), ("s0", 0, 1.0, 1)):
        start = NOW - weeks * 7 * DAY
        keep(
            store,
            [
                answer(made.tenant, person, start + n * minute, f"{skill}{n}", (skill,), outcome=right)
                for n in range(count)
            ],
        )
    path = f"{PATH}?skill=s0"
    before = ask(made.deps(), "GET", path).text
    assert before.count('class="step"') == 1
    assert "points more, counted on return" in before
    made.change(Overrule(learner=ADA, skill="s0", decision=Decision.HELP, reason="<oral> exam", by="Ms K"))
    text = ask(made.deps(), "GET", path).text
    assert text.count('class="event"') == 1  # one week: of the step, and of the word
    assert re.search(r"<td>1</td><th scope=.row.>17 Mar 2030</th><td>Ms K decided “Help”: &lt;oral&gt; exam", text)
    german = ask(made.deps(), "GET", path, headers={"Accept-Language": "de"}).text
    assert "Ms K hat „Hilfe“ entschieden" in german


@pytest.fixture
def page(browser: Browser, base: str) -> Iterator[Page]:
    with looked_at(browser, base) as found:
        found.goto(PATH)
        yield found


def test_the_path_is_drawn_and_reached_by_keyboard(page: Page) -> None:
    nodes = page.locator("svg.path a")
    assert [node.get_attribute("aria-label") for node in nodes.all()] == [
        "Skill s0 done",
        "Skill s1 open · Help",
        "Skill s2 waits, for Skill s1",
        "Skill s3 waits, for Skill s2",
    ]
    nodes.nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#{anchor('s1')}")
    assert "Skill s1" in page.locator("article:target").inner_text()


def test_the_way_to_a_goal_is_asked_for_and_on_the_drawing(page: Page) -> None:
    way = page.locator("#way")
    assert "The shortest way to “Skill s3”" in way.inner_text()
    assert way.get_by_role("listitem").all_inner_texts() == ["Skill s1 open", "Skill s2 waits", "Skill s3 waits"]
    assert (page.locator("rect.way").count(), page.locator("path.way").count()) == (3, 2)
    way.get_by_label("Goal").select_option("s2")
    way.get_by_role("button").press("Enter")
    page.wait_for_url("**goal=s2#way")
    assert way.get_by_role("listitem").all_inner_texts() == ["Skill s1 open", "Skill s2 waits"]


def test_what_comes_next_says_why(page: Page) -> None:
    first = page.get_by_role("region", name="Next").get_by_role("listitem").first.inner_text()
    assert "Task one · Skill s1 · 5 min" in first
    assert "6 wrong answers in a row" in first


def test_a_number_opens_the_answers_behind_it(page: Page) -> None:
    assert page.get_by_role("region", name="Answers").count() == 0
    press(page.locator(f"#{anchor('s1')}").get_by_role("link", name="See the answers"))
    rows = page.get_by_role("region", name="Answers").locator("tbody tr")
    assert rows.count() == 6
    assert rows.first.locator("td").all_inner_texts()[:2] == ["wrong, first attempt", "item 0"]
    counts = page.locator(f"#{anchor('s1')} tr", has_text="First attempts at an item")
    assert (counts.locator("td").text_content() or "").strip() == "6, of which 2 right"
    assert (rows.first.get_by_role("link").get_attribute("href") or "").startswith("/statements/")
    page.goto(f"{PATH}?skill=s1")  # at the top again, not at the skill
    check_accessible(page)
    check_narrow(page)
    check_printed(page)


def test_every_number_leads_to_its_answers_and_help_to_one_thing_to_do(page: Page, room: Classroom) -> None:
    assert page.get_by_role("region", name="What to do").inner_text().startswith("What to do\n\n1 skill needs help")
    press(page.locator(f"#{anchor('s1')} .behind").first)
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
    rows = page.get_by_role("region", name="Answers of 17 Mar 2030").locator("tbody tr")
    assert "Skill s1" in rows.first.inner_text()
    page.goto(f"{PATH}?day=nonsense")
    assert page.get_by_role("region", name="Answers of").count() == 0


@pytest.mark.parametrize("code", ["en", "de"])
def test_what_is_written_in_a_drawing_lies_on_nothing_else(store: Store, browser: Browser, code: str) -> None:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada"}, {"s0": "Halves"})
    made.change(Policy(advance_at=0.98, advance_low=0.5))
    made.mastery(ADA, "s0", 0.4, low=0.2, high=0.6)
    person = made.catalog.people.person(ADA)
    keep(store, [answer(made.tenant, person, NOW - week * 7 * DAY, str(week), ("s0",)) for week in range(9)])
    made.change(Overrule(learner=ADA, skill="s0", decision=Decision.HELP, reason="oral exam", by="Ms K"))
    with (
        served(application(made.deps())) as base,
        looked_at(browser, base, headers={"Accept-Language": code}) as found,
    ):
        found.goto(f"{PATH}?skill=s0")
        assert found.locator("svg.curve .event").count() == 1
        assert found.evaluate(COLLIDING) == []
