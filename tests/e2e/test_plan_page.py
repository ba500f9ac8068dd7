"""The page of a plan in a browser: made, read, changed by form, by keyboard and by drag."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.support.pages import check_accessible, check_narrow, press
from tests.support.server import KEY, SECRET, Server
from tests.support.statements import key, skill

CLASS, DAY = "plan/page", "2030-03-18"
NAMES = [
    "Ada Lovelace",
    "Bao Xu",
    "Carla Bruni",
    "Dia <b>",
    "Eva Ek",
    "Finn Fox",
    "Gül Göz",
    "Hal Hu",
    "Ida Iv",
    "Jon Jo",
]
SKILLS = ["Compare fractions", "Equivalent fractions", "Percentages", "Decimals"]
PATH = "/plans/plan%2Fpage/2030-03-18"


@pytest.fixture(scope="module")
def planned(server: Server) -> Server:
    """A class with materials and a timetable."""
    changes: list[dict[str, Any]] = []
    for name in SKILLS:
        id_ = skill(f"page-{name}")
        changes.append({"kind": "skill", "id": id_, "name": name})
        for number, mode in enumerate(("teacher", "pair", "alone", "alone")):
            activity = f"https://plan-page.example/{name.replace(' ', '-')}/{number}"
            changes.append({"kind": "activity", "id": activity, "skills": [id_]})
            material = {"kind": "material", "id": activity, "name": f"{mode} {number}", "mode": mode, "minutes": 15}
            changes.append({**material, "opens": f"{activity}/open", "screen": number == 2})
    members = [{"learner": key(f"page-{n}"), "name": name} for n, name in enumerate(NAMES)]
    taught = [skill(f"page-{name}") for name in SKILLS]
    changes.append({"kind": "class", "id": CLASS, "name": "7a Maths", "learners": members, "skills": taught})
    slots = [{"id": str(n + 1), "start": f"09:{n * 20:02}", "minutes": 20} for n in range(3)]
    timetable = {
        "id": CLASS,
        "slots": [*slots, {"id": "4", "start": "10:15", "minutes": 20}],
        "rooms": [{"id": "12", "name": "Room 12", "places": 20, "screens": 6}],
        "adults": [{"id": "kim", "name": "Ms Kim"}, {"id": "lee", "name": "Mr Lee"}],
        "limits": {"teacher_led": {"least": 2, "most": 4}},
    }
    with server.client() as client:
        answer = client.post("/catalog", json=changes)
        assert answer.status_code == 200, answer.text
        answer = client.put("/pacing/timetables/plan%2Fpage", json=timetable)
        assert answer.status_code == 200, answer.text
    return server


def opened(planned: Server, browser: Browser, script: bool = True) -> Page:
    """The page of the plan, which is made."""
    viewport: ViewportSize = {"width": 1280, "height": 800}
    context = browser.new_context(base_url=planned.base, viewport=viewport, java_script_enabled=script)
    found = context.new_page()
    found.goto("/sign-in")
    found.get_by_label("Login").fill(KEY)
    found.get_by_label("Password").fill(SECRET)
    press(found.get_by_role("button", name="Sign in"))
    found.goto(PATH)
    if found.get_by_role("button", name="Plan this day").count():
        press(found.get_by_role("button", name="Plan this day"))
    return found


@pytest.fixture
def page(planned: Server, browser: Browser) -> Iterator[Page]:
    found = opened(planned, browser)
    yield found
    found.context.close()


def skills_of(page: Page, name: str) -> list[str]:
    row = page.locator("tbody tr", has=page.get_by_role("link", name=name, exact=True))
    return [text.split("\n")[0] for text in row.locator("td").all_inner_texts()]


def shot(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for it."""
    if folder := os.environ.get("PACER_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_it_is_readable(page: Page) -> None:
    assert page.locator("h1").inner_text() == "7a Maths: Monday, 18 March 2030"
    assert page.locator("tbody tr").count() == len(NAMES)
    assert page.get_by_role("link", name="Dia <b>").count() == 1
    assert page.get_by_role("button", name="Publish").is_visible()
    box = page.get_by_role("button", name="Publish").bounding_box()
    assert box is not None
    assert box["y"] < 800
    frame, table = page.locator(".grid-box").bounding_box(), page.locator("table.plan").bounding_box()
    assert frame is not None
    assert table is not None
    assert frame["width"] - table["width"] <= 2  # its border
    shot(page, "plan")
    page.goto("/board")
    page.goto(PATH)  # without the fragment that a form leads to
    check_accessible(page)
    check_narrow(page)
    shot(page, "plan-narrow")


def test_publish_undo_and_absent(page: Page) -> None:
    press(page.get_by_role("button", name="Publish", exact=True))
    assert page.get_by_text("Published", exact=True).is_visible()
    row = page.locator("tbody tr", has=page.get_by_role("link", name="Bao Xu"))
    press(row.get_by_role("button", name="absent"))
    assert "absent" in (row.get_attribute("class") or "")
    press(page.get_by_role("button", name="Undo", exact=True))
    assert page.get_by_text("undone: Bao Xu absent").first.is_visible()
    assert row.get_attribute("class") is None
    press(page.get_by_role("listitem").filter(has_text="Mr Lee").get_by_role("button"))
    assert page.get_by_text("Mr Lee absent", exact=False).first.is_visible()
    assert page.get_by_text("conflict").count() == 0
    press(page.get_by_role("button", name="Undo", exact=True))
    press(page.get_by_role("button", name="Unpublish"))


def test_arrows_lead_to_the_button_that_says_who_is_absent_and_what_that_changed_is_listed(page: Page) -> None:
    before = {name: skills_of(page, name) for name in NAMES}
    page.locator("a[data-learner]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert page.locator(":focus").inner_text() == "mark absent"
    assert page.locator("tbody tr", has=page.locator(":focus")).get_by_role("link", name="Bao Xu").count() == 1
    with page.expect_navigation():
        page.keyboard.press("Enter")
    after = {name: skills_of(page, name) for name in NAMES}
    changed = page.get_by_role("region", name="Bao Xu absent")
    named = [one.split(": ")[0] for one in changed.get_by_role("listitem").all_inner_texts()]
    differ = [name for name in NAMES if name != "Bao Xu" and after[name] != before[name]]
    assert {name for name in differ if not any(name in one for one in named)} == set()
    assert "Bao Xu" not in " ".join(named)
    press(page.get_by_role("button", name="Undo this change" if named else "Undo", exact=True))
    assert {name: skills_of(page, name) for name in NAMES} == before


def test_a_cell_is_moved_by_keyboard_and_its_price_is_said_first(page: Page) -> None:
    before = skills_of(page, "Ada Lovelace")
    assert page.locator("a[data-learner][tabindex='0']").count() == 1
    page.locator("a[data-learner]").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    assert "is picked up" in page.locator("#price").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    fit = page.get_by_role("button", name="Fit the others around it")
    fit.wait_for()
    assert "cells of others" in fit.inner_text()
    shot(page, "plan-price")
    assert skills_of(page, "Ada Lovelace") == before
    press(page.get_by_role("button", name="Only this learner"))
    after = skills_of(page, "Ada Lovelace")
    assert after == [before[2], before[1], before[0], *before[3:]]
    press(page.get_by_role("button", name="Undo", exact=True))


def test_a_cell_is_dragged(page: Page) -> None:
    before = skills_of(page, "Eva Ek")
    row = page.locator("tbody tr", has=page.get_by_role("link", name="Eva Ek"))
    row.locator("td a").nth(0).drag_to(row.locator("td a").nth(1))
    press(page.get_by_role("button", name="Fit the others around it"))
    after = skills_of(page, "Eva Ek")
    assert [one.replace(" · locked", "") for one in after[:2]] == [before[1], before[0]]
    assert page.get_by_role("heading", name="conflict").count() == 0


def test_a_cell_is_changed_by_a_form_that_needs_no_script(planned: Server, browser: Browser) -> None:
    page = opened(planned, browser, script=False)
    row = page.locator("tbody tr", has=page.get_by_role("link", name="Ida Iv"))
    press(row.locator("td a").first)
    assert page.get_by_role("heading", name="Ida Iv, 09:00").is_visible()
    shot(page, "plan-cell")
    press(page.get_by_role("button", name="Clear"))
    assert skills_of(page, "Ida Iv")[0] == "nothing"
    press(row.locator("td a").first)
    page.get_by_label("Works on").select_option(index=0)
    press(page.get_by_role("button", name="Change", exact=True))
    assert skills_of(page, "Ida Iv")[0] != "nothing"
    page.context.close()


def test_strips_and_today(page: Page) -> None:
    press(page.get_by_role("link", name="A strip for each learner"))
    assert page.locator(".strip").count() == len(NAMES)
    shot(page, "plan-strips")
    page.goto("/plans/plan%2Fpage/today")
    assert page.get_by_role("button", name="Plan this day").is_visible()
    assert not page.url.endswith("today")
