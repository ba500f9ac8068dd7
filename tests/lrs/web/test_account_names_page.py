"""Whose accounts are whose: a mapping is looked at on the page of rosters before it is applied."""

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
from lrs.people import roster_import
from lrs.web import account_names_page
from schemas.catalog import Catalog
from tests.support.api import Client
from tests.support.pages import check_accessible, check_narrow
from tests.support.rosters import GOOD, packed
from tests.support.served import served

TENANT, MOODLE = "scopes", "https://moodle.example"
PREVIEW, APPLY = "/board/roster/accounts/preview", "/board/roster/accounts/apply"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(
        account_names_page, "keys_seen_if_there", lambda *_: [f"account:{MOODLE}|{n}" for n in (17, 18, 19)]
    )
    found = Client(tmp_path / "data", NOWHERE)
    catalogs = found.parts.catalogs
    roster = roster_import.preview_roster(
        catalogs, found.parts.store, TENANT, packed(tmp_path / "roster.zip", GOOD), "sis"
    )
    roster_import.write_roster_changes(catalogs, TENANT, roster.plan.changes)
    yield found
    found.close()


def preview(client: Client, content: bytes, page: str = MOODLE) -> httpx.Response:
    files: dict[str, Any] = {"accounts": ("ids.csv", content)}
    return client.ask(EVERY, "POST", PREVIEW, files=files, data={"home_page": page})


def apply(client: Client, shown: httpx.Response) -> httpx.Response:
    assert shown.status_code == 200, shown.text
    token = re.findall(r'name="upload" value="([^"]+)"', shown.text)[0]
    return client.ask(EVERY, "POST", APPLY, data={"upload": token})


def catalog(client: Client) -> Catalog:
    return client.parts.catalogs.latest(TENANT)


def text(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_a_mapping_is_seen_then_applied(client: Client) -> None:
    shown = preview(client, b"sourcedId,account\nu1,17\nu2,18\nu2,19\n")
    assert "2 accounts would be said to be a person's. 2 of those whom statements name" in text(shown)
    assert "1 row would be left out" in text(shown)
    assert "Ada Lovelace u1 17 https://moodle.example nobody" in text(shown)
    assert catalog(client).accounts == {}
    answer = apply(client, shown)
    assert answer.status_code == 303
    assert catalog(client).accounts[MOODLE].names == {"u1": "17", "u2": "18"}
    assert [m.learner for m in catalog(client).classes["7b"].learners] == [f"account:{MOODLE}|{n}" for n in (17, 18)]
    page = client.ask(EVERY, "GET", answer.headers["location"])
    assert "ids.csv is imported." in text(page)
    report = client.ask(EVERY, "GET", re.findall(r'href="([^"]+report\.csv)"', page.text)[0])
    assert "left out,ids.csv,4,account" in report.text
    assert "changed,,,,account,u1,Ada Lovelace,https://moodle.example|17" in report.text
    assert apply(client, shown).headers["location"] == answer.headers["location"]
    assert "It says what is known already" in text(preview(client, b"sourcedId,account\nu1,17\n"))


def test_what_is_no_mapping(client: Client) -> None:
    for content, page in ((b"class,email\n", MOODLE), (b"", MOODLE), (b"sourcedId,account\n", "moodle.example")):
        assert preview(client, content, page).status_code == 400, (content, page)
    assert "is neither given nor in the file" not in text(preview(client, b"sourcedId,account\nu1,17\n"))
    assert "is neither given nor in the file" in text(preview(client, b"sourcedId,account\nu1,17\n", ""))
    assert client.ask(EVERY, "POST", APPLY, data={"upload": "none"}).status_code == 404
    other = {"Sec-Fetch-Site": "cross-site"}
    files: dict[str, Any] = {"accounts": ("ids.csv", b"sourcedId,account\n")}
    assert client.ask(EVERY, "POST", PREVIEW, files=files, headers=other).status_code == 403
    assert client.ask(EVERY, "POST", APPLY, data={"upload": "x"}, headers=other).status_code == 403


def test_text_of_a_file_is_text(client: Client) -> None:
    assert "<script" not in preview(client, b"sourcedId,account\n<script>x</script>,<script>\n").text


def test_in_a_browser(client: Client, browser: Browser, tmp_path: Path) -> None:
    mapping = tmp_path / "ids.csv"
    mapping.write_text("sourcedId,account,home_page\nu1,17,https://moodle.example\n,18,https://moodle.example\n")
    client.allow(EVERY)
    with served(client.app) as base:
        page = browser.new_page(extra_http_headers={"Authorization": "Basic dG9vbDp4"})
        page.goto(f"{base}/board/roster#accounts")
        page.get_by_label("A CSV with the columns sourcedId and account").set_input_files(mapping)
        page.get_by_role("button", name="See whom it names").click()
        expect(page.get_by_role("cell", name="17", exact=True)).to_be_visible()
        check_accessible(page)
        check_narrow(page)
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("status")).to_contain_text("ids.csv is imported.")
        page.close()
