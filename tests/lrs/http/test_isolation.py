"""What tools sent never runs in the store's origin, and pages of other sites never use a visitor's login: in Chromium.

A teacher is logged in; a document holds a script that would decide in the teacher's name.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.support.server import KEY, SECRET, Server, serving
from tests.support.statements import learner

# Over http, as the store is here: a browser hides the origin of an https page from an http address.
TRUSTED, STRANGER = "http://player.example", "http://stranger.example"
ITEM = "https://items.example/isolation"
SCRIPT = "fetch('/catalog', {method: 'POST', body: JSON.stringify([{kind: 'skill', id: 'stolen'}])})"
KINDS = {
    "text/html": f"<!doctype html><title>x</title><script>{SCRIPT}</script>",
    "image/svg+xml": f'<svg xmlns="http://www.w3.org/2000/svg"><script>{SCRIPT}</script></svg>',
    "application/xhtml+xml": f'<html xmlns="http://www.w3.org/1999/xhtml"><body><script>{SCRIPT}</script></body></html>',
}
LOGIN = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("isolation"), ("--cors-origin", TRUSTED)) as found:
        yield found


@pytest.fixture
def teacher(own: Server, browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has a teacher's login, and adds it by itself."""
    context = browser.new_context(http_credentials={"username": KEY, "password": SECRET})
    page = context.new_page()
    assert page.goto(f"{own.base}/board").status == 200  # type: ignore[union-attr]
    page.close()
    yield context
    context.close()


def skills(own: Server) -> list[str]:
    with own.client() as client:
        return [one["id"] for one in client.get("/catalog").json()["skills"]]


def params(state: str) -> dict[str, str]:
    return {"activityId": ITEM, "agent": json.dumps(learner("eve")), "stateId": state}


def form(page: Page, action: str, fields: dict[str, str]) -> None:
    page.evaluate(
        """([action, fields]) => {
            const form = document.createElement('form')
            form.method = 'post'
            form.action = action
            for (const [name, value] of Object.entries(fields)) {
                const field = document.createElement('input')
                field.name = name
                field.value = value
                form.append(field)
            }
            document.body.append(form)
            form.submit()
        }""",
        [action, fields],
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("saved", [True, False], ids=["saved", "shown"])
def test_a_document_runs_no_script(own: Server, teacher: BrowserContext, kind: str, saved: bool) -> None:
    """A browser saves it; one that would show it (the header that says so is taken out) runs nothing in it."""
    state = f"{kind} {saved}"
    with own.client() as tool:
        put = tool.put(
            "/xAPI/activities/state", params=params(state), content=KINDS[kind], headers={"Content-Type": kind}
        )
        assert put.status_code == 204
    page = teacher.new_page()
    page.set_extra_http_headers({"X-Experience-API-Version": "1.0.3"})
    url = f"{own.base}/xAPI/activities/state?" + "&".join(f"{k}={quote(v)}" for k, v in params(state).items())
    if saved:
        with page.expect_download():
            page.evaluate("url => { location = url }", url)
    else:
        page.route(re.compile("/activities/state"), shown)
        page.goto(url)
        assert page.url == url
        assert page.evaluate("() => self.origin") == "null"
        page.wait_for_timeout(300)
    page.close()
    assert "stolen" not in skills(own)


def shown(route: Route) -> None:
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name != "content-disposition"}
    route.fulfill(response=answer, headers=headers)


def test_the_same_script_on_a_page_of_this_origin_would_have_done_it(own: Server, teacher: BrowserContext) -> None:
    """So that the tests above can fail."""
    page = teacher.new_page()
    page.route("**/board", lambda route: route.fulfill(body=KINDS["text/html"], content_type="text/html"))
    with page.expect_response("**/catalog") as answer:
        page.goto(f"{own.base}/board")
    assert answer.value.status == 200
    page.close()
    assert "stolen" in skills(own)


class TestOtherSites:
    @pytest.fixture(params=[TRUSTED, STRANGER])
    def origin(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def page(self, teacher: BrowserContext, origin: str) -> Iterator[Page]:
        found = teacher.new_page()
        found.route(f"{origin}/**", lambda route: route.fulfill(body="<body>a page</body>", content_type="text/html"))
        found.goto(f"{origin}/page")
        yield found
        found.close()

    def test_a_form_with_the_visitors_login_is_refused(self, own: Server, page: Page, origin: str) -> None:
        for path, fields in (
            ("/board/overrule", {"learner": "l", "skill": "s", "decision": "help", "reason": "r", "by": "x"}),
            ("/xAPI/statements?method=PUT", {"statementId": "x", "X-Experience-API-Version": "1.0.3", "content": "{}"}),
            ("/catalog", {"a": "b"}),
        ):
            with page.expect_navigation() as answer:
                form(page, own.base + path, fields)
            assert answer.value is not None
            expected = 403 if origin == STRANGER or path == "/board/overrule" else 400
            assert answer.value.status == expected, path
            page.goto(f"{origin}/page")

    def test_a_form_that_holds_its_own_login_is_accepted(self, own: Server, page: Page) -> None:
        fields = {"X-Experience-API-Version": "1.0.3", "Authorization": LOGIN, "limit": "1"}
        with page.expect_response("**/xAPI/statements?method=GET") as answer:
            form(page, f"{own.base}/xAPI/statements?method=GET", fields)
        assert answer.value.status == 200

    def test_a_login_in_a_header_of_a_script_is_accepted(self, own: Server, page: Page) -> None:
        assert fetched(page, own, {"Authorization": LOGIN, "X-Experience-API-Version": "1.0.3"}) == 204

    def test_a_visitors_login_is_used_by_configured_origins_alone(self, own: Server, page: Page, origin: str) -> None:
        headers = {"X-Experience-API-Version": "1.0.3"}
        found = fetched(page, own, headers, credentials="include")
        # Chromium keeps the logins of sites apart: the store asks for one, which this browser has for its own pages.
        assert found in ((204, 401) if origin == TRUSTED else ("failed",))

    def test_a_simple_post_of_a_script_is_refused(self, own: Server, page: Page, origin: str) -> None:
        """It needs no preflight, and the browser adds the visitor's login."""
        before = skills(own)
        asked = """async url => {
            const body = JSON.stringify([{kind: 'skill', id: 'simple'}])
            await fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include', body})
        }"""
        with page.expect_response("**/catalog") as answer:
            page.evaluate(asked, f"{own.base}/catalog")
        assert (answer.value.status == 403) == (origin == STRANGER)
        if origin == STRANGER:
            assert skills(own) == before


def fetched(page: Page, own: Server, headers: dict[str, str], **more: str) -> int | str:
    """The status of a PUT of a document by a page's script, or "failed"."""
    url = f"{own.base}/xAPI/activities/state?" + "&".join(f"{k}={quote(v)}" for k, v in params("by script").items())
    sent = {"method": "PUT", "headers": headers, "body": "x", **more}
    asked = "([url, sent]) => fetch(url, sent).then(answer => answer.status, () => 'failed')"
    found: int | str = page.evaluate(asked, [url, sent])
    return found
