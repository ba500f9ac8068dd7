"""The page of a class: who needs somebody now, everybody once, the grid, and what is printed and exported."""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from lrs.store.client import Store
from lrs.web.class_view import ClassPageAsked, GridUnit, class_page_values
from lrs.web.languages import LANGUAGES, translations
from schemas.catalog import Class, Member, Skill
from schemas.policy import Policy
from tests.support.browser import looked_at
from tests.support.classroom import NOW, Classroom, ask
from tests.support.pages import check_accessible, check_narrow, check_printed, press

LEARNERS, SKILLS = 35, 60
NAMES = {"a": "Adding", "b": "Halving", "c": "Dividing"}
UNITS = ("Fractions", "Equations", "Geometry", "Data", "Numbers")
MOST_PAGE_BYTES = 300_000


def key(number: int) -> str:
    return f"account:https://school.example|7a-{number:02}"


@pytest.fixture(scope="module")
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    for number, unit in enumerate(UNITS):
        made.change(Skill(id=f"u{number}", name=unit))
    for number in range(SKILLS):
        made.change(Skill(id=f"s{number}", name=f"Skill number {number}", parents=[f"u{number // 12}"]))
    members = [Member(learner=key(number), name=f"Learner {number:02}") for number in range(LEARNERS)]
    made.change(Class(id="7a", name="Class 7a", learners=members, skills=[f"s{n}" for n in range(SKILLS)]))
    rows: list[tuple[str, str, float, dict[str, Any]]] = []
    for number in range(LEARNERS):
        for at in range(20):
            mastery = ((number * 7 + at * 13) % 50 + 50) / 100
            stuck = {"streak": -6, "low": 0.1, "high": 0.5} if number in (3, 4) and at == 13 else {}
            rows.append((key(number), f"s{at}", mastery, {"ago": 1.5 if at == 13 else 5, **stuck}))
    made.masteries(rows)
    return made


def get(room: Classroom, query: str = "") -> str:
    answer = ask(room.deps(), "GET", f"/board/classes/7a{query}")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("query", ["", "?decision=help", "?name=Learner+03", "?decision=wait&sort=name"])
def test_those_behind_the_first_rows_are_a_link_away_whatever_the_table_shows(room: Classroom, query: str) -> None:
    [(link, _)] = re.findall(r'href="([^"]*)#everybody">(\d+) more', get(room, query))
    grid = get(room, unescape(link)).partition("data-grid")[2]
    assert all(f"Learner {number:02}" in grid for number in range(LEARNERS))


def test_a_row_leads_to_the_group_for_what_it_says_or_for_what_comes_before_it() -> None:
    def learner(name: str, skill: str, leads: str) -> dict[str, Any]:
        evidence = {"streak": -8, "mastery": 0.3, "stalled": 0}
        cell = {"skill": skill, "decision": "help", "days_since": 1.0, "urgency": 0.8, "estimate": 0.3, "attempts": 9}
        cell |= {"evidence": evidence, "overruled": None, "because": {"code": "stuck"}}
        cell |= {"next_skill": {"id": leads, "name": NAMES[leads]}}
        return {"learner": name, "name": name, "last_seen": None, "decision": "help", "cells": [cell]}

    rows = [learner("Ada", "a", "a"), learner("Ben", "b", "a"), learner("Cem", "b", "b"), learner("Dua", "b", "b")]
    eva = learner("Eva", "c", "b")  # which leads back to b, and that to a
    eva["cells"] += [cell | {"urgency": 0.1} for cell in learner("Eva", "b", "a")["cells"]]
    rows.append(eva)
    skills = [{"id": id_, "name": name} for id_, name in NAMES.items()]
    board = {"learners": rows, "skills": skills, "policy": Policy().model_dump()}
    group = {
        "skill": {"id": "a", "name": "Adding"},
        "purpose": "help",
        "members": [{"learner": name, "name": name} for name in ("Ada", "Ben", "Cem", "Eva")],
    }
    found = class_page_values(board, [GridUnit("u", "", [0])], [group], ClassPageAsked(), NOW)
    assert found["with_whom"] == {"Ada": {"start": "", "number": 1, "first": "", "names": []},
                                  "Ben": {"start": "", "number": 1, "first": "Adding", "names": []},
                                  "Eva": {"start": "", "number": 1, "first": "Adding", "names": []}}  # fmt: skip


def test_weeks_are_drawn_from_what_was_stored(store: Store) -> None:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({"ada": "Ada", "ben": "Ben"}, {"a": "Adding", "b": "Halving"})
    for learner, back in (("ada", 13), ("ada", 1), ("ben", 1)):
        made.engagement(learner, back)
    made.decided("ada", "a", "advance", 0.1)
    made.decided("ben", "a", "practise", 0.1)
    text = ask(made.deps(), "GET", "/board/classes/7b?trend=a&sort=name").text
    row = '<tr><th scope="row">{}</th><td>{} of 2</td><td>{}</td></tr>'
    weeks = [("11 Mar 2030", 2, "50%"), ("4 Mar 2030", 1, "–")]
    assert "\n".join(row.format(*one) for one in weeks) in text
    assert text.count('class="bar-all"') == 2
    assert text.count('class="dot"') == 1
    assert '<option value="a" selected>Adding</option>' in text.partition('name="trend"')[2]
    assert "25%" in ask(made.deps(), "GET", "/board/classes/7b").text  # of both skills
    one = ask(made.deps(), "GET", "/board/classes/7b?trend=none").text
    assert "25%" in one  # a skill that the class does not have


class TestAnswer:
    def test_35_by_60_is_small(self, room: Classroom) -> None:
        assert len(get(room).encode()) <= MOST_PAGE_BYTES

    def test_the_unit_that_was_worked_on_last_is_shown(self, room: Classroom) -> None:
        assert 'aria-current="true">Equations' in get(room)
        assert "<span>Skill number 13</span>" in get(room)
        assert "<span>Skill number 1</span>" not in get(room)
        assert "<span>Skill number 1</span>" in get(room, "?unit=u0")

    def test_filters_and_sorts(self, room: Classroom) -> None:
        def shown(query: str) -> list[str]:
            return [part.split('"')[0] for part in get(room, query).split('data-row="')[1:]]

        assert len(shown("")) == LEARNERS
        assert shown("")[:2] == [key(3), key(4)]
        assert shown("?sort=name") == [key(number) for number in range(LEARNERS)]
        assert shown("?decision=help") == [key(3), key(4)]
        assert shown("?name=LEARNER+1") == sorted(shown("?name=LEARNER+1"), key=shown("").index)
        assert set(shown("?name=LEARNER+1")) == {key(number) for number in range(10, 20)}
        assert shown("?name=nobody&sort=none&decision=dance&unit=none") == []
        assert shown("?sort=s13")[:2] == [key(3), key(4)]

    def test_csv_has_all_skills_and_no_formula(self, room: Classroom) -> None:
        room.change(Class(id="f", learners=[Member(learner="mailto:f@x.example", name="=1+1")], skills=["s0"]))
        answer = ask(room.deps(), "GET", "/board/classes/f?as=csv")
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''f.csv"
        (row,) = csv.DictReader(io.StringIO(answer.text))
        assert (row["name"], row["skill"], row["decision"], row["estimate"]) == ("'=1+1", "s0", "start", "")
        whole = list(csv.DictReader(io.StringIO(ask(room.deps(), "GET", "/board/classes/7a?as=csv").text)))
        assert len(whole) == LEARNERS * SKILLS
        counts = [tuple(row[name] for name in ("attempts", "right", "first_attempts", "first_right")) for row in whole]
        assert {counts.index(tried) for tried in set(counts)} == {0, 20}  # tried are the first 20 skills of each
        assert (counts[0], counts[20]) == (("8", "6", "5", "4"), ("0",) * 4)


@pytest.fixture
def page(browser: Browser, base: str) -> Iterator[Page]:
    with looked_at(browser, base) as found:
        found.goto("/board/classes/7a")
        yield found


class TestBrowser:
    def test_the_first_action_is_in_view(self, page: Page) -> None:
        row = page.get_by_role("region", name="Now").get_by_role("listitem").first
        assert "6 wrong in a row in Skill number 13 · 1 day ago" in row.inner_text()
        box = row.get_by_role("link", name="See group").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800
        assert page.get_by_role("region", name="Now").get_by_role("listitem").count() <= 6

    def test_tiles_sum_to_the_class_and_filter_it(self, page: Page) -> None:
        tiles = page.locator(".tile b")
        assert sum(map(int, tiles.all_inner_texts())) == LEARNERS
        press(page.locator(".tile.help a"))
        assert page.locator("tbody tr").count() == 2
        assert page.locator(".tile.help a").get_attribute("aria-current") == "true"

    def test_the_grid_is_one_tab_stop_with_arrows_inside(self, page: Page) -> None:
        stops = "[...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary, [tabindex]')]"
        assert page.evaluate(f"{stops}.filter(e => e.tabIndex >= 0 && e.checkVisibility()).length") < 60
        page.locator("[data-grid] tbody a").first.focus()
        for name in ("ArrowRight", "ArrowDown", "ArrowRight", "End", "ArrowRight", "Home", "ArrowRight"):
            page.keyboard.press(name)
        focused = page.locator(":focus")
        assert focused.evaluate("e => [e.closest('tr').rowIndex, e.closest('td').cellIndex]") == [2, 1]
        assert page.locator("[data-grid] a[tabindex='0']").count() == 1
        page.keyboard.press("Enter")
        page.wait_for_url("**/board/learners/**#s*")
        assert page.locator("article:target").count() == 1

    def test_what_changes_shows_without_anybody_losing_their_place(self, page: Page, room: Classroom) -> None:
        page.emulate_media(reduced_motion="reduce")  # else it scrolls for a while
        link = page.locator("[data-rows] tr").nth(20).locator("td a").nth(2)
        link.focus()
        page.locator("[name=name]").fill("half a na")
        link.focus()
        place = "() => Math.round(document.activeElement.getBoundingClientRect().top)"
        at = page.evaluate(place)
        where = link.evaluate("e => [e.closest('tr').dataset.row, e.getAttribute('href')]")
        room.mastery(where[0], "s13", 0.31, ago=0.1, streak=-7, low=0.1, high=0.5, version=2)
        room.change(Class(id="other", name="other"))  # another mark
        marked = page.locator(f"[data-row='{where[0]}'].changed")
        marked.wait_for(timeout=20_000)
        assert page.evaluate(place) == at
        focused = page.locator(":focus")
        assert focused.evaluate("e => [e.closest('tr').dataset.row, e.getAttribute('href')]") == where
        assert focused.evaluate("e => e.tabIndex") == 0
        assert page.locator("[data-grid] a[tabindex='0']").count() == 1
        assert "Help" in marked.inner_text()
        assert page.locator("[data-said]").inner_text() == "1 changed just now"
        assert page.locator("[name=name]").input_value() == "half a na"
        assert "7 wrong in a row" in page.get_by_role("region", name="Now").inner_text()

    def test_paper_cuts_nothing_off(self, page: Page) -> None:
        page.set_viewport_size({"width": 1047, "height": 718})  # A4 landscape at 96 dpi, without its margins
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= 1047
        assert (
            page.evaluate(
                "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
            )
            == 0
        )
        assert page.locator(".filter").is_hidden()
        check_printed(page)

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_accessible(self, page: Page, scheme: Any) -> None:
        page.emulate_media(color_scheme=scheme)
        check_accessible(page)

    def test_narrow(self, page: Page) -> None:
        check_narrow(page)

    def test_at_200_percent(self, page: Page) -> None:
        page.set_viewport_size({"width": 640, "height": 400})
        assert page.evaluate("document.documentElement.scrollWidth") <= 640

    def test_what_to_do_is_beside_its_reason_in_every_language(self, page: Page) -> None:
        beside = """word => {
          const row = document.querySelector('.pressing li');
          row.querySelector('.pill').textContent = word;
          const [pill, line] = ['.pill', '.line'].map(part => row.querySelector(part).getBoundingClientRect());
          return pill.right <= line.left;
        }"""
        words = {translations(code).gettext(word) for code in LANGUAGES for word in ("Help", "Review", "Check in")}
        assert [word for word in words if not page.evaluate(beside, word)] == []
