"""An AU that is written with @xapi/cmi5 plays a session in a browser, and satisfies its course."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Route

from schemas.cmi5 import words
from tests.support.cmi5 import SITE, au_id, xml, xml_au
from tests.support.node import CLIENTS
from tests.support.server import Server
from tests.support.statements import learner

pytestmark = pytest.mark.usefixtures("npm_clients")


def content(route: Route) -> None:
    """The site of the AU: another origin than the store's."""
    if "Cmi5.umd.js" in route.request.url:
        route.fulfill(path=CLIENTS / "node_modules/@xapi/cmi5/dist/Cmi5.umd.js", content_type="text/javascript")
    else:
        route.fulfill(path=CLIENTS / "cmi5.html", content_type="text/html")


def test_a_session(server: Server, browser: Browser) -> None:
    course = f"{SITE}/clients/course"
    structure = xml(course, xml_au("npm", 'moveOn="CompletedAndPassed" masteryScore="0.8"'))
    with server.client() as lms:
        assert lms.post("/cmi5/courses", content=structure).status_code == 200
        asked = {"course": course, "au": au_id("npm"), "learner": learner("nora")}
        launched = lms.post("/cmi5/launches", json=asked).json()
        page = browser.new_page()
        page.route("https://content.example/**", content)
        page.goto(launched["url"])
        page.wait_for_function("document.getElementById('said').textContent != 'playing'")
        text = page.inner_text("#said")
        page.close()
        assert not text.startswith("failed"), text
        said = json.loads(text)
        assert said == {"launchMode": "Normal", "moveOn": "CompletedAndPassed", "masteryScore": 0.8}
        registration = launched["registration"]
        standing = lms.get(f"/cmi5/courses/{quote(course, safe='')}/registrations/{registration}").json()
        assert standing["satisfaction"]["satisfied"] is True
        found = lms.get("/xAPI/statements", params={"registration": registration, "ascending": "true"})
    spoken = [one["verb"]["id"] for one in found.json()["statements"]]
    own = [words.INITIALIZED, words.COMPLETED, words.PASSED, words.TERMINATED]
    assert [verb for verb in spoken if verb in own] == own
    assert spoken[0] == words.LAUNCHED
    assert words.SATISFIED in spoken
    assert "http://adlnet.gov/expapi/verbs/answered" in spoken
    assert "http://adlnet.gov/expapi/verbs/progressed" in spoken
