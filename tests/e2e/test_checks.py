"""An opening check on a running server: entered on its page in a browser, folded into the class's board, corrected."""

from __future__ import annotations

import os
import re
import time
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.axe import findings, ready
from tests.support.pages import check_accessible, check_narrow, press
from tests.support.server import KEY, SECRET, Server
from tests.support.statements import key, skill

CLASS, NAMES, SKILL = "e2e-checks", ["Ada", "Ben", "Cem"], skill("checked")


def attempts(server: Server, wanted: list[int]) -> list[dict[str, Any]]:
    """The class's cells once the learners have so many attempts."""
    deadline = time.monotonic() + 120
    with server.client() as client:
        while True:
            found = client.get(f"/pacing/classes/{CLASS}").json()
            cells: list[dict[str, Any]] = [row["cells"][0] for row in found["learners"]]
            if not found["behind"] and [cell["attempts"] for cell in cells] == wanted:
                return cells
            assert time.monotonic() < deadline, found
            time.sleep(0.2)


@pytest.mark.usefixtures("npm_clients")
def test_entered_folded_and_corrected(server: Server, browser: Browser) -> None:
    changes: list[dict[str, Any]] = [{"kind": "skill", "id": SKILL, "name": "Checking"}]
    for number in range(2):
        id_ = f"https://checks.example/{number}"
        changes.append({"kind": "activity", "id": id_, "skills": [SKILL]})
        changes.append({"kind": "material", "id": id_, "name": f"Question {number}", "via": "page", "opens": "p. 12"})
    members = [{"learner": key(f"checked-{name}"), "name": name} for name in NAMES]
    changes.append({"kind": "class", "id": CLASS, "name": "8b", "learners": members, "skills": [SKILL]})
    with server.client() as client:
        assert client.post("/catalog", json=changes).status_code == 200
    context = browser.new_context(base_url=server.base, viewport={"width": 1280, "height": 800})
    ready(context)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Login").fill(KEY)
    page.get_by_label("Password").fill(SECRET)
    press(page.get_by_role("button", name="Sign in"))
    page.goto(f"/checks/{CLASS}")
    press(page.get_by_role("button", name="New check"))
    assert page.locator(".sheet li").count() == 2
    page.get_by_label("Ada, question 1").focus()
    page.keyboard.type("1100", delay=20)  # each goes on to the next field
    page.keyboard.press("Tab")  # and one Tab leaves the grid
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_label("Cem, question 1")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Ben, question 2")).to_be_focused()
    page.keyboard.type("x")  # neither right nor wrong: it stays where it is
    expect(page.get_by_label("Ben, question 2")).to_be_focused()
    page.keyboard.press("Backspace")
    page.keyboard.type("0")
    press(page.get_by_role("button", name="Save"))
    assert page.get_by_label("Ben, question 2").input_value() == "0"
    if folder := os.environ.get("PACER_PICTURES"):
        page.screenshot(path=f"{folder}/check.png", full_page=True)
    cells = attempts(server, [2, 2, 0])
    assert cells[0]["wins"] == 2
    assert cells[1]["wins"] == 0
    page.get_by_label("Ben, question 2").click()  # what is typed takes the place of what is there
    page.keyboard.type("1")
    page.get_by_label("Ada, question 2").fill("")
    press(page.get_by_role("button", name="Save"))
    cells = attempts(server, [1, 2, 0])
    assert cells[1]["wins"] == 1
    groups = page.get_by_text("Cem (0 of 2 right in the check)")
    assert not groups.count()
    with server.client() as client:  # somebody else enters more: the groups follow, with nothing loaded again
        results = [{"learner": members[2]["learner"], "question": number, "right": False} for number in range(2)]
        assert client.put(f"/pacing/checks/{CLASS}/{page.url.partition('check=')[2][:8]}", json={"results": results})
    groups.wait_for()
    page.goto(page.url.partition("#")[0] + "&again=1")
    check_accessible(page)
    check_narrow(page)
    then = page.get_by_role("button", name="Plan today by these groups")
    assert findings(page) == []
    assert then.get_attribute("aria-describedby") == "then"
    if folder := os.environ.get("PACER_PICTURES"):
        page.screenshot(path=f"{folder}/check-360.png", full_page=True)
    press(then)  # from the groups on to a plan of that day
    assert f"/plans/{CLASS}/" in page.url
    page.get_by_role("button", name="Publish").wait_for()
    assert page.get_by_role("rowheader", name=re.compile("^Cem")).count() == 1
    page.go_back()
    page.reload()  # made again, or over, as the clock has it: either way the plan is one step away
    page.get_by_text(re.compile("^(Plan today again by these groups|Plan of today)$")).first.wait_for()
    check_narrow(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    check_accessible(page)
    assert findings(page) == []
    if folder := os.environ.get("PACER_PICTURES"):
        page.screenshot(path=f"{folder}/check-1280.png", full_page=True)
    page.context.close()
