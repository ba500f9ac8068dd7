"""The grid of a class: its colours and its words tell one story, and its edge tells that there is more; the weeks
below it say of how many they are."""

from __future__ import annotations

import re
import uuid
from itertools import pairwise

import pytest
from playwright.sync_api import Browser

from lrs.store.client import Store
from tests.support.browser import looked_at
from tests.support.classroom import Classroom, ask
from tests.support.pages import NARROW

SKILLS = {f"s{number}": f"Skill number {number}" for number in range(6)}


@pytest.fixture(scope="module")
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({"ada": "Ada"}, SKILLS)
    made.mastery("ada", "s0", 0.95, attempts=1, wins=1)
    made.mastery("ada", "s1", 0.95, attempts=2, wins=2)
    made.mastery("ada", "s2", 0.95, attempts=4, wins=4, ago=40)
    made.mastery("ada", "s3", 0.95, attempts=20, wins=19)
    made.mastery("ada", "s4", 0.5, attempts=20, wins=10)
    return made


def cells(room: Classroom, language: str = "en") -> list[tuple[str, str, str]]:
    """Of each cell of the grid: its colour, its word, and what is below."""
    page = ask(room.deps(), "GET", "/board/classes/7b", headers={"Accept-Language": language}).text
    found = re.findall(r'<td class="cell (\w+)">.*?<span class="word \w+">(.*?)</span>(.*?)</a></td>', page, re.S)
    return [(level, word, re.sub(r"<[^>]*>", "", rest).strip()) for level, word, rest in found]


def test_what_is_too_little_to_judge_has_no_colour_and_says_what_there_is(room: Classroom) -> None:
    assert cells(room) == [
        ("none", "Unknown", "1 attempt"),
        ("none", "Unknown", "2 attempts"),
        ("none", "Unknown", "40 days ago"),
        ("high", "Move on", "94%"),
        ("middle", "Practise", "46%"),
        ("none", "Wait", ""),
    ]
    assert [below for _, _, below in cells(room, "de")][:3] == ["1 Versuch", "2 Versuche", "vor 40 Tagen"]
    page = ask(room.deps(), "GET", "/board/classes/7b").text
    assert "not tried, or too little known to judge" in page.partition('class="legend"')[2]


def test_nor_has_it_the_sign_of_a_level_on_the_learners_page(room: Classroom) -> None:
    page = ask(room.deps(), "GET", "/board/learners/ada").text
    assert re.findall(r'<p class="number (\w+)">', page) == ["middle", "high", "none", "none", "none"]


def test_weeks_say_of_how_many_they_are(store: Store) -> None:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({"ada": "Ada"}, {"s": "Adding"})
    made.engagement("ada", 20)

    def drawn() -> str:
        page = ask(made.deps(), "GET", "/board/classes/7b").text
        return page.partition('<figure class="trend">')[2].partition("</figure>")[0]

    assert ("one week so far" in drawn(), "Line" in drawn(), "Dot" in drawn()) == (False, False, False)
    made.decided("ada", "s", "advance", 0.1)
    assert drawn().count("one week so far") == 2  # in its name and below it
    assert ("<polyline" in drawn(), "line is" in drawn(), "Line" in drawn()) == (False, False, False)
    made.decided("ada", "s", "practise", 8)
    assert ("<polyline" in drawn(), "one week so far" in drawn()) == (True, False)
    assert "Line: of all" in drawn()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shadow_at_the_edge_tells_that_there_is_more(browser: Browser, base: str, scheme: str) -> None:
    shadow = """async () => {
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
      return Number(getComputedStyle(document.querySelector('.grid-box'), '::after').opacity);
    }"""
    with looked_at(browser, base) as page:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto("/board/classes/7b")
        assert page.evaluate(shadow) == 0  # all of it is on the screen
        page.set_viewport_size({"width": NARROW, "height": 700})
        assert page.evaluate(shadow) == 1
        at_edge = """() => {
          const box = document.querySelector('.grid-box').getBoundingClientRect();
          return box.right <= innerWidth;
        }"""
        assert page.evaluate(at_edge)
        page.locator(".grid-box").evaluate("box => box.scrollTo(box.scrollWidth, 0)")
        assert page.evaluate(shadow) == 0


def test_rows_of_buttons_do_not_touch(browser: Browser, base: str) -> None:
    with looked_at(browser, base) as page:
        page.goto("/board/classes/7b")
        page.set_viewport_size({"width": NARROW, "height": 700})
        boxes = "[...document.querySelectorAll('.head .button')].map(e => e.getBoundingClientRect())"
        tops = page.evaluate(f"{boxes}.map(b => [b.top, b.bottom])")
        rows = sorted({(round(top), round(bottom)) for top, bottom in tops})
        assert len(rows) > 1
        assert all(below[0] - above[1] >= 4 for above, below in pairwise(rows))


FIELDS = "".join(
    f'<td><label>{name}<input name="{name}" size="1" maxlength="1" value="1"></label></td>' for name in "abcd"
)
SCRIPT = '<script src="/board/static/board.js"></script>'
FILLED = f"<!DOCTYPE html><table data-grid><tbody><tr>{FIELDS}</tr></tbody></table>{SCRIPT}"


@pytest.mark.parametrize("by", ["mouse", "label", "finger", "focus"])
def test_what_is_typed_takes_the_place_of_an_answer_however_one_came_to_it(
    browser: Browser, base: str, by: str
) -> None:
    with looked_at(browser, base) as desk:
        page = browser.new_context(base_url=base, has_touch=True).new_page() if by == "finger" else desk
        page.route("**/filled", lambda route: route.fulfill(body=FILLED, content_type="text/html"))
        page.goto("/filled")
        first = page.locator("input").first
        if by == "finger":
            first.tap()
        elif by == "label":
            page.locator("label").first.click(position={"x": 2, "y": 5})
        elif by == "focus":
            first.focus()
        else:
            first.click()
            first.click()  # a second one does not take the selection away
        page.keyboard.type("0010", delay=10)
        assert page.evaluate("[...document.querySelectorAll('input')].map(e => e.value).join('')") == "0010"
        page.close()
