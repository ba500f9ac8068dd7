"""The page of skills: what a framework or a CSV would change, and applying it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from lrs.auth.scopes import EVERY
from lrs.cli.schemas import NOWHERE
from lrs.people.roster_uploads import MOST_UPLOAD_BYTES
from schemas.catalog import Skill
from tests.lrs.catalog.test_case import item, package, uid
from tests.support.api import Client
from tests.support.pages import check_accessible, check_narrow
from tests.support.served import served

TENANT, PREVIEW, APPLY = "scopes", "/board/skills/preview", "/board/skills/apply"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    found = Client(tmp_path / "data", NOWHERE)
    yield found
    found.close()


def preview(client: Client, content: bytes, name: str = "maths.json") -> httpx.Response:
    files: dict[str, Any] = {"skills": (name, content)}
    return client.ask(EVERY, "POST", PREVIEW, files=files)


def apply(client: Client, shown: httpx.Response, **more: str) -> httpx.Response:
    assert shown.status_code == 200, shown.text
    token = re.findall(r'name="upload" value="([^"]+)"', shown.text)[0]
    return client.ask(EVERY, "POST", APPLY, data={"upload": token, **more})


def skills(client: Client) -> dict[str, Skill]:
    return client.parts.catalogs.latest(TENANT).skills


def text(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_a_framework_then_what_its_skills_require(client: Client) -> None:
    shown = preview(client, package(item(1), item(2), item(1)))
    assert "Skills: 2 new, 0 changed, 0 removed" in text(shown)
    assert f"{uid(1)} comes twice" in text(shown)
    assert skills(client) == {}
    answer = apply(client, shown)
    assert (answer.status_code, set(skills(client))) == (303, {uid(1), uid(2)})
    page = client.ask(EVERY, "GET", answer.headers["location"])
    assert "maths.json is imported." in text(page)
    assert "2 skills are known" in text(page)
    report = client.ask(EVERY, "GET", re.findall(r'href="([^"]+report\.csv)"', page.text)[0]).text
    assert "comes twice" in report
    assert f"added,{uid(2)},Statement 2" in report
    apply(client, preview(client, b"skill,requires\nM.2,M.1\n", "order.csv"))
    assert skills(client)[uid(2)].requires == [uid(1)]
    listed = client.ask(EVERY, "GET", "/board/skills?find=STATEMENT+2")
    assert f"Statement 2 M.2 {uid(2)} Statement 1 " in text(listed)
    assert uid(1) not in text(listed)
    assert "Nothing is called so." in text(client.ask(EVERY, "GET", "/board/skills?find=poetry"))
    assert "It says what is known already" in text(preview(client, b"skill,requires\nM.2,M.1\n", "order.csv"))


def test_it_asks_before_it_removes_much(client: Client) -> None:
    apply(client, preview(client, package(item(1), item(2))))
    shown = preview(client, package(item(1)))
    assert "This would remove 1 of 2 skills" in text(shown)
    asked = apply(client, shown)
    assert (asked.status_code, len(skills(client))) == (409, 2)
    assert "Nothing was written" in text(asked)
    assert apply(client, shown, confirm="yes").status_code == 303
    assert set(skills(client)) == {uid(1)}


def test_what_is_neither(client: Client) -> None:
    for content in (b"", b"{}", b"{", b"[1]", b"name\nAda\n", b"PK\x03\x04"):
        assert preview(client, content).status_code == 400, content
    assert preview(client, b"x" * (MOST_UPLOAD_BYTES + 1)).status_code == 413
    assert client.ask(EVERY, "POST", APPLY, data={"upload": "none"}).status_code == 404
    other = {"Sec-Fetch-Site": "cross-site"}
    files: dict[str, Any] = {"skills": ("s.csv", b"skill,requires\n")}
    assert client.ask(EVERY, "POST", PREVIEW, files=files, headers=other).status_code == 403
    assert client.ask(EVERY, "POST", APPLY, data={"upload": "x"}, headers=other).status_code == 403


def test_in_a_browser(client: Client, browser: Browser, tmp_path: Path) -> None:
    framework = tmp_path / "maths.json"
    framework.write_bytes(package(item(1, fullStatement="Half & <b>whole</b>"), item(2)))
    client.allow(EVERY)
    with served(client.app) as base:
        page = browser.new_page(extra_http_headers={"Authorization": "Basic dG9vbDp4"})
        page.goto(f"{base}/board/skills")
        check_accessible(page)
        page.get_by_label("A framework").set_input_files(framework)
        page.get_by_role("button", name="See what it changes").click()
        expect(page.get_by_role("rowheader", name="Half & whole")).to_be_visible()
        check_accessible(page)
        check_narrow(page)
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("status")).to_contain_text("maths.json is imported.")
        check_accessible(page)
        check_narrow(page)
        page.close()
