"""The statement viewer: what arrived, what it was read as and why, which rows it moved, and who may see that."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.auth.scopes import Scope
from tests.support.basic import basic
from tests.support.browser import looked_at
from tests.support.pages import check_accessible, check_narrow, check_printed, press
from tests.support.server import KEY, SECRET, Server
from tests.support.statements import HOME, answered, key, skill, voiding

RIGHT, WRONG, VOIDED, REPAIRED, EVIL = (str(uuid.uuid4()) for _ in range(5))
BARE = "0d5a1c9e-6a8e-4a5e-8f5a-0a2c4b6d8e0f"
EVIL_NAME = "<script>document.title='taken'</script>"


def send(server: Server, *statements: Any, who: str = KEY) -> None:
    with server.client(who) as tool:
        answer = tool.post("/xAPI/statements", json=list(statements))
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def viewed(server: Server) -> Server:
    credentials = Credentials(embedded_credentials_url(server.data))
    credentials.add("viewed-lenient", SECRET)
    credentials.change("viewed-lenient", lenient=HOME)
    credentials.add("viewed-mine", SECRET, scopes=[Scope.STATEMENTS_WRITE, Scope.STATEMENTS_READ_MINE])
    credentials.add("viewed-reader", SECRET, scopes=[Scope.STATEMENTS_READ])
    credentials.close()
    viewed = partial(answered, name="viewed", skills=("viewing",))
    send(
        server,
        viewed(item="v1", id_=RIGHT, timestamp="2026-03-02T09:00:00Z"),
        viewed(item="v2", id_=WRONG, right=False, timestamp="2026-03-02T09:05:00Z"),
        viewed(item="v3", id_=VOIDED, timestamp="2026-03-02T09:10:00Z"),
        voiding(VOIDED),
        answered(name="evil", id_=EVIL, object={"id": f"{HOME}/evil", "definition": {"name": {"en": EVIL_NAME}}}),
    )
    faulty = answered(name="faulty", id_=REPAIRED)
    faulty["context"]["contextActivities"]["parent"] = [{"id": BARE, "objectType": "GroupActivity"}]
    send(server, faulty, who="viewed-lenient")
    server.wait()
    return server


def get(server: Server, path: str, who: str = KEY, **params: str) -> httpx.Response:
    return httpx.get(f"{server.base}{path}", params=params or None, auth=(who, SECRET), timeout=30)


def text(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


class TestOne:
    def test_what_it_was_read_as_and_why(self, viewed: Server) -> None:
        said = text(get(viewed, f"/statements/{RIGHT}"))
        assert "attempt " + key("viewed") in said
        assert "viewing right, 20.0 s" in said
        assert "right: by result.success; no marks" in said
        assert f"skill {skill('viewing')}: from the statement's context" in said

    def test_which_rows_it_moved(self, viewed: Server) -> None:
        assert re.search(r"mastery \S+ \S+ answer 1 of 2: \d+% ", text(get(viewed, f"/statements/{RIGHT}")))
        said = text(get(viewed, f"/statements/{WRONG}"))
        before, after = re.findall(r"answer 2 of 2: (\d+)% → (\d+)%", said)[0]
        assert int(after) < int(before)
        assert "2 Mar 2026 attempts of the day: 2, active minutes: " in said

    def test_rows_of_a_person_known_by_mailbox(self, viewed: Server) -> None:
        """Their rows are under the id of the person, which is not the key in the statement."""
        id_ = str(uuid.uuid4())
        mailbox = {"mbox": "mailto:Viewed.Box@school.example"}
        send(viewed, answered(item="v9", id_=id_, skills=("boxing",)) | {"actor": mailbox})
        viewed.wait()
        said = text(get(viewed, f"/statements/{id_}"))
        assert re.search(r"mastery \S+ \S+ answer 1 of 1: \d+%", said)
        assert "attempts of the day: 1" in said

    def test_raw_json_and_bytes(self, viewed: Server) -> None:
        page = html.unescape(get(viewed, f"/statements/{RIGHT}").text)
        assert '  "verb": {\n    "id": "http://adlnet.gov/expapi/verbs/answered"' in page
        with viewed.client() as client:
            assert client.get("/xAPI/statements", params={"statementId": RIGHT}).text in page

    def test_a_voided_one(self, viewed: Server) -> None:
        said = text(get(viewed, f"/statements/{VOIDED}"))
        assert "voided by" in said
        assert "Nothing: it is voided." in said
        assert "Rows it changed None." in said

    def test_a_repaired_one_beside_what_was_sent(self, viewed: Server) -> None:
        said = text(get(viewed, f"/statements/{REPAIRED}"))
        assert "repaired: group-activity context.contextActivities.parent.0.objectType" in said
        assert "repaired: bare-uuid context.contextActivities.parent.0.id" in said
        assert f'"id":"{BARE}","objectType":"GroupActivity"' in said.replace(", ", ",").replace(": ", ":")
        assert f"urn:uuid:{BARE}" in said

    @pytest.mark.parametrize("id_", [str(uuid.uuid4()), "x"], ids=["of nobody", "not an id"])
    def test_an_unknown_one(self, viewed: Server, id_: str) -> None:
        answer = get(viewed, f"/statements/{id_}")
        assert answer.status_code == 404
        assert "there is no such statement" in answer.text

    def test_names_are_text(self, viewed: Server) -> None:
        for answer in (get(viewed, f"/statements/{EVIL}"), get(viewed, "/statements", id=EVIL)):
            assert "<script" not in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]


class TestSearch:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"id": RIGHT}, {RIGHT}),
            ({"id": RIGHT.upper()}, {RIGHT}),
            ({"actor": f"{HOME}|viewed"}, {RIGHT, WRONG, VOIDED}),
            ({"actor": f"{HOME}|viewed", "verb": "answered"}, {RIGHT, WRONG, VOIDED}),
            ({"actor": f"{HOME}|viewed", "verb": "http://adlnet.gov/expapi/verbs/passed"}, set()),
            ({"activity": f"{HOME}/items/v2"}, {WRONG}),
            ({"activity": skill("viewing")}, {RIGHT, WRONG, VOIDED}),
            ({"credential": "viewed-lenient"}, {REPAIRED}),
            ({"id": RIGHT, "from": "2026-01-01", "until": "2126-01-01"}, {RIGHT}),
            ({"id": RIGHT, "until": "2026-01-01"}, set()),
            ({"id": RIGHT, "from": "2126-01-01"}, set()),
        ],
    )
    def test_by(self, viewed: Server, asked: dict[str, str], found: set[str]) -> None:
        page = get(viewed, "/statements", **asked)
        assert page.status_code == 200
        assert set(re.findall(r"/statements/([0-9a-f-]{36})", page.text)) == found

    @pytest.mark.parametrize("asked", [{"from": "yesterday"}, {"before": "1.2"}, {"actor": "nobody at all"}])
    def test_what_cannot_be_searched(self, viewed: Server, asked: dict[str, str]) -> None:
        answer = get(viewed, "/statements", **asked)
        assert answer.status_code == 400
        assert next(iter(asked)) in answer.text or "nobody" in answer.text

    def test_a_list_says_what_each_was_read_as(self, viewed: Server) -> None:
        said = text(get(viewed, "/statements", actor=f"{HOME}|viewed"))
        assert "attempt, wrong" in said
        assert "voided" in said

    def test_older_ones(self, viewed: Server) -> None:
        send(viewed, *(answered(name="many", item=f"m{n}") for n in range(60)))
        viewed.wait()
        seen: list[str] = []
        path = f"/statements?actor={HOME}|many"
        while path:
            page = get(viewed, path).text
            seen += re.findall(r'<th scope="row"><a href="/statements/([0-9a-f-]{36})', page)
            older = re.search(r'rel="next" href="([^"]+)"', page)
            path = html.unescape(older[1]) if older else ""
        assert len(seen) == len(set(seen)) == 60


def test_repairs_are_counted(viewed: Server) -> None:
    said = text(get(viewed, "/statements"))
    assert "viewed-lenient bare-uuid 1" in said
    assert "viewed-lenient group-activity 1" in said
    assert "bare-uuid" not in text(get(viewed, "/statements", "viewed-mine"))
    assert "bare-uuid" not in text(get(viewed, "/statements", "other"))


class TestWhoMaySee:
    def test_a_tool_sees_its_own_alone(self, viewed: Server) -> None:
        own = answered(name="own")
        send(viewed, own, who="viewed-mine")
        viewed.wait()
        listed = get(viewed, "/statements", "viewed-mine", credential=KEY).text
        assert set(re.findall(r"/statements/([0-9a-f-]{36})", listed)) == {own["id"]}
        assert get(viewed, f"/statements/{own['id']}", "viewed-mine").status_code == 200
        assert get(viewed, f"/statements/{RIGHT}", "viewed-mine").status_code == 404

    def test_estimates_are_for_who_may_read_everything(self, viewed: Server) -> None:
        said = text(get(viewed, f"/statements/{RIGHT}", "viewed-reader"))
        assert "right: by result.success" in said
        assert "answer 1 of" not in said

    def test_another_tenant_sees_nothing(self, viewed: Server) -> None:
        assert get(viewed, f"/statements/{RIGHT}", "other").status_code == 404
        assert "No statement fits" in get(viewed, "/statements", "other", id=RIGHT).text

    def test_a_browser_is_asked_who_it_is(self, viewed: Server) -> None:
        answer = httpx.get(f"{viewed.base}/statements", timeout=30)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fstatements")


@pytest.fixture
def page(viewed: Server, browser: Browser) -> Iterator[Page]:
    with looked_at(browser, viewed.base, 720, {"Authorization": basic(KEY, SECRET)}) as found:
        yield found


@pytest.mark.parametrize(
    "path",
    ["/", f"/statements?actor={HOME}|viewed", f"/statements/{REPAIRED}"],
    ids=["start", "search", "one"],
)
class TestBrowser:
    def test_narrow_and_printed(self, page: Page, path: str) -> None:
        page.goto(path)
        check_narrow(page)
        check_printed(page)

    def test_accessible(self, page: Page, path: str) -> None:
        page.goto(path)
        check_accessible(page)


def test_a_search_by_hand(page: Page) -> None:
    page.goto("/statements")
    page.get_by_label("Activity").fill(f"{HOME}/items/v2")
    press(page.get_by_role("button", name="Search"))
    press(page.locator("tbody th a"))
    page.wait_for_url(f"**/statements/{WRONG}")
    assert page.get_by_role("heading", name="Why").is_visible()
