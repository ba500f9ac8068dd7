"""The pages: what they say, what they refuse, and how they look in a browser."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from lrs.store.client import Store, StoreUnavailable
from lrs.web.decision_words import anchor
from schemas.days import DAY
from schemas.decision import Decision
from schemas.overruling import Overrule
from schemas.plan_events import Initiative
from tests.support.browser import looked_at
from tests.support.classroom import NOW, Classroom, ask
from tests.support.pages import check_accessible, check_narrow, press

ADA, BEN = "account:https://school.example/a?b#c|ada 1", "mbox:mailto:ben@school.example"
EVIL = "<script>document.title='taken'</script>"
HALVES = "https://skills.example/halves"
FORM = {"learner": ADA, "skill": HALVES, "decision": "review", "reason": "was ill", "by": "Ms Kay", "days": "7"}


@pytest.fixture(scope="module")
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada", BEN: EVIL}, {HALVES: "Halves", "count": "Counting"}, "7/b", "Seven & b")
    made.masteries(
        [
            (ADA, HALVES, 0.91, {}),
            (ADA, "count", 0.85, {"ago": 20}),
            (BEN, HALVES, 0.2, {"high": 0.4, "streak": -6}),
        ]
    )
    made.engagement(ADA, None, last_seen=NOW - DAY)
    made.engagement(ADA, 1, minutes=25.0)
    return made


@pytest.fixture
def own(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada"}, {HALVES: "Halves"})
    made.mastery(ADA, HALVES, 0.91)
    return made


def get(room: Classroom, path: str, **more: Any) -> Any:
    return ask(room.deps(), "GET", path, **more)


class TestPages:
    def test_classes(self, room: Classroom) -> None:
        answer = get(room, "/board")
        assert answer.status_code == 200
        assert '<a href="/board/classes/7%2Fb">Seven &amp; b</a>' in answer.text
        assert '<td data-label="Skills covered" class="zero">0 of 2</td>' in answer.text
        assert '<tr><th scope="row">Counting</th><td data-label="Classes">1</td>' in answer.text
        assert "running" not in answer.text

    def test_initiatives_are_counted_by_state(self, own: Classroom) -> None:
        for since, until in (("2030-01-01", "2030-02-01"), ("2030-03-01", "2030-04-01"), ("2030-03-02", "2030-04-01")):
            own.change(Initiative(id=since, what="Pairs", classes=["7b"], since=since, until=until))
        assert "(2 running, 0 declared, 1 over)" in get(own, "/board").text

    def test_no_classes(self, store: Store) -> None:
        assert "There is no class yet" in get(Classroom(store, uuid.uuid4().hex), "/board").text

    def test_names_are_text(self, room: Classroom) -> None:
        for path in ("/board/classes/7%2Fb", f"/board/learners/{BEN}"):
            text = get(room, path).text
            assert "<script>" not in text  # of the name
            assert "&lt;script&gt;" in text

    def test_a_learner_in_any_form_of_an_actor(self, store: Store) -> None:
        made = Classroom(store, uuid.uuid4().hex)
        made.teach({"mbox:mailto:cy@school.example": "Cy"}, {HALVES: "Halves"})
        for form in ("cy@school.example", "mailto:Cy@school.example", "mbox:mailto:cy@school.example"):
            assert "<h1>Cy</h1>" in get(made, f"/board/learners/{quote(form, safe='')}").text, form

    def test_headers(self, room: Classroom) -> None:
        headers = get(room, "/board/classes/7%2Fb").headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "same-origin"

    def test_freshness(self, room: Classroom) -> None:
        behind = room.deps(fresh=lambda: {"position": 1, "behind": 1, "age_seconds": 60.0})
        assert "1 event behind" in ask(behind, "GET", "/board").text
        assert "17 Mar 2030, 17:45:40 UTC" in ask(behind, "GET", "/board").text
        assert "behind" not in get(room, "/board").text

    @pytest.mark.parametrize("path", ["/board/classes/nope", "/board/learners/nope"])
    def test_unknown(self, room: Classroom, path: str) -> None:
        answer = get(room, path)
        assert answer.status_code == 404
        assert "there is no such class or learner" in answer.text
        assert "The address may be old or mistyped" in answer.text  # and what to do
        assert answer.headers["content-type"].startswith("text/html")

    def test_no_store(self, room: Classroom) -> None:
        def away() -> str:
            raise StoreUnavailable("no engine")

        answer = ask(room.deps(Store(away)), "GET", "/board")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")

    @pytest.mark.parametrize(
        ("method", "path"), [("GET", "/board"), ("GET", "/board/classes/7%2Fb"), ("POST", "/board/overrule")]
    )
    def test_a_browser_is_asked_who_it_is(self, room: Classroom, method: str, path: str) -> None:
        answer = ask(room.deps(), method, path, headers={"Authorization": "Bearer no"})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Basic")

    def test_style(self, room: Classroom) -> None:
        answer = get(room, "/board/static/board.css")
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        assert "url(" not in answer.text
        assert "@import" not in answer.text


class TestOverrule:
    def post(self, room: Classroom, /, **changed: str) -> Any:
        return ask(room.deps(), "POST", "/board/overrule", data=FORM | changed)

    def test_becomes_a_change(self, own: Classroom) -> None:
        answer = self.post(own)
        where = f"/board/learners/{quote(ADA, safe='')}"
        assert (answer.status_code, answer.headers["location"]) == (303, f"{where}#{anchor(HALVES)}")
        assert own.changes[-1] == Overrule(
            learner=ADA, skill=HALVES, decision=Decision.REVIEW, reason="was ill", by="Ms Kay", until=NOW + 7 * DAY
        )
        text = get(own, where).text
        assert "Ms Kay decided: was ill" in text
        assert "The evidence says “Move on”" in text

    def test_until_taken_back(self, own: Classroom) -> None:
        self.post(own, days="")
        assert own.catalog.overrulings[ADA, HALVES].change.until is None
        assert self.post(own, decision="", reason="").status_code == 303
        assert own.catalog.overrulings == {}
        assert isinstance(own.changes[-1], Overrule)

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"reason": " "}, "Reason: missing or too long"),
            ({"by": "x" * 201}, "Your name: missing or too long"),
            ({"learner": ""}, "Learner: missing or too long"),
            ({"skill": ""}, "Skill: missing or too long"),
            ({"decision": "expel"}, "unknown decision"),
            ({"days": "nan"}, "days: must be a number"),
            ({"days": "-1"}, "days: must be a number"),
            ({"days": "1e9"}, "days: must be a number"),
            ({"days": "x"}, "days: must be a number"),
        ],
    )
    def test_wrong_fields(self, own: Classroom, changed: dict[str, str], said: str) -> None:
        before = list(own.changes)
        answer = self.post(own, **changed)
        assert answer.status_code == 400
        assert said in answer.text
        assert own.changes == before

    @pytest.mark.parametrize("form", [b"\xff", b"&".join(b"a=1" for _ in range(21)), b""])
    def test_no_form(self, own: Classroom, form: bytes) -> None:
        assert ask(own.deps(), "POST", "/board/overrule", content=form).status_code == 400

    def test_too_large(self, own: Classroom) -> None:
        assert ask(own.deps(), "POST", "/board/overrule", content=b"a" * 100_000).status_code == 413

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Sec-Fetch-Site": "same-origin", "Origin": "http://pacer.example"}, 303),
            ({"Sec-Fetch-Site": "none"}, 303),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site", "Origin": "http://pacer.example"}, 403),
            ({"Origin": "http://pacer.example"}, 303),
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "http://pacer.example.evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({}, 303),
        ],
    )
    def test_other_sites_forms(self, own: Classroom, headers: dict[str, str], status: int) -> None:
        before = len(own.changes)
        assert ask(own.deps(), "POST", "/board/overrule", data=FORM, headers=headers).status_code == status
        assert len(own.changes) - before == (status == 303)


@pytest.fixture
def page(browser: Browser, base: str) -> Iterator[Page]:
    """A page that may complain of nothing and ask nobody else."""
    elsewhere: list[str] = []
    with looked_at(browser, base, 900) as found:
        found.on("request", lambda r: elsewhere.append(r.url) if not r.url.startswith((base, "data:")) else None)
        yield found
    assert elsewhere == []


class TestBrowser:
    def test_class(self, page: Page) -> None:
        page.goto("/board")
        press(page.get_by_role("link", name="Seven & b"))
        assert page.title() == "Seven & b · Pacer"
        assert page.get_by_role("columnheader").all_inner_texts() == ["Learner", "Halves", "Counting"]
        said = {
            row.get_by_role("rowheader").inner_text().split("\n")[0].strip(): [
                [part.strip() for part in cell.split("\n")] for cell in row.get_by_role("cell").all_inner_texts()
            ]
            for row in page.get_by_role("row").all()[1:]
        }
        assert said == {
            EVIL: [["Help", "17%"], ["Wait"]],  # who needs most comes first
            "Ada": [["Move on", "89%"], ["Review", "79%"]],
        }
        colours = [
            page.locator(f".cell.{band}").first.evaluate("e => getComputedStyle(e).backgroundColor")
            for band in ("high", "low", "none")
        ]
        assert len(set(colours)) == 3

    def test_learner_overrules_without_a_script(self, page: Page, room: Classroom) -> None:
        page.goto(f"/board/learners/{quote(ADA, safe='')}")
        card = page.locator("article", has_text="Halves")
        assert card.get_by_role("img").get_attribute("aria-label") == (
            "Mastery of Halves over time: 91% when last practised, 89% expected now"
        )
        assert page.locator(".bar").count() == 42
        card.get_by_text("Decide otherwise").click()
        card.get_by_label("Decision").select_option("Help")
        card.get_by_label("Reason").fill("asked for it")
        card.get_by_label("Your name").fill("Ms Kay")
        press(card.get_by_role("button"))
        page.wait_for_url("**#**")
        assert "Ms Kay decided: asked for it" in page.locator("article", has_text="Halves").inner_text()
        assert room.catalog.overrulings[ADA, HALVES].change.until == NOW + 14 * DAY
        room.change(Overrule(learner=ADA, skill=HALVES, decision=None, reason="withdrawn", by="Ms Kay"))

    def test_headers_stay_in_sight_of_a_large_class(self, page: Page, room: Classroom) -> None:
        learners = {f"mailto:{n}@school.example": f"Learner {n}" for n in range(30)}
        room.teach(learners, {f"s{n}": f"Skill number {n}" for n in range(50)}, "large")
        page.set_viewport_size({"width": 700, "height": 900})
        page.goto("/board/classes/large")
        box = page.locator(".grid-box")
        corner = page.get_by_role("columnheader", name="Learner", exact=True)
        before = corner.bounding_box()
        box.evaluate("e => e.scrollTo(2000, 600)")
        assert box.evaluate("e => e.scrollLeft") > 400
        assert corner.bounding_box() == before
        last, edge = page.get_by_role("row").last.get_by_role("rowheader").bounding_box(), box.bounding_box()
        assert last is not None
        assert edge is not None
        assert 0 <= last["x"] - edge["x"] <= 2

    @pytest.mark.parametrize("path", ["/board", "/board/classes/7%2Fb", f"/board/learners/{quote(ADA, safe='')}"])
    def test_a_phone_does_not_scroll_sideways(self, page: Page, path: str) -> None:
        page.goto(path)
        check_narrow(page)

    @pytest.mark.parametrize("path", ["/board", "/board/classes/7%2Fb", f"/board/learners/{quote(ADA, safe='')}"])
    def test_accessible(self, page: Page, path: str) -> None:
        page.goto(path)
        check_accessible(page)
