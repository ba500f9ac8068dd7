"""The page of rosters: what a file would change, what is wrong with it, and applying it."""

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
from schemas.catalog import Catalog
from tests.support.api import Client
from tests.support.forms import refused
from tests.support.pages import check_accessible, check_narrow
from tests.support.rosters import ENROLLMENTS, GOOD, USERS, Cells, changed, packed
from tests.support.served import served

TENANT = "scopes"
PREVIEW, APPLY = "/board/roster/preview", "/board/roster/apply"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    found = Client(tmp_path / "data", NOWHERE)
    yield found
    found.close()


@pytest.fixture
def zipped(tmp_path: Path) -> bytes:
    return packed(tmp_path / "roster.zip", GOOD).read_bytes()


def post(client: Client, path: str, **more: Any) -> httpx.Response:
    return client.ask(EVERY, "POST", path, **more)


def preview(client: Client, content: bytes, name: str = "roster.zip", source: str = "sis") -> httpx.Response:
    return post(client, PREVIEW, files={"roster": (name, content)}, data={"source": source})


def token(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(re.findall(r'name="upload" value="([^"]+)"', answer.text)[0])


def apply(client: Client, answer: httpx.Response, **more: str) -> httpx.Response:
    return post(client, APPLY, data={"upload": token(answer), **more})


def catalog(client: Client) -> Catalog:
    return client.parts.catalogs.latest(TENANT)


def cells(answer: httpx.Response) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", answer.text, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]


def test_nothing_is_written_before_it_is_applied(client: Client, zipped: bytes) -> None:
    shown = preview(client, zipped)
    assert ["persons", "0", "3", "0", "0"] in cells(shown)
    assert ["enrollment", "Ada Lovelace", "7b", "learner"] in cells(shown)
    assert catalog(client).persons == {}
    answer = apply(client, shown)
    assert (answer.status_code, set(catalog(client).persons)) == (303, {"u1", "u2", "w1"})
    assert catalog(client).persons["u1"].source == "sis"
    page = client.ask(EVERY, "GET", answer.headers["location"]).text
    assert "roster.zip is imported." in page
    assert "3 persons, 1 school and 1 class are known" in page
    again = apply(client, shown)
    assert (again.status_code, again.headers["location"]) == (303, answer.headers["location"])


def test_every_defect_is_listed_with_file_line_and_field(client: Client, tmp_path: Path) -> None:
    wrong = changed(ENROLLMENTS, 3, "userSourcedId", "u9")
    files: dict[str, Cells | bytes] = {**GOOD, "enrollments": wrong, "users": changed(USERS, 2, "email", "ada")}
    shown = preview(client, packed(tmp_path / "roster.zip", files).read_bytes())
    found = cells(shown)
    assert ["enrollments.csv", "3", "userSourcedId"] in [row[:3] for row in found]
    assert ["users.csv", "2", "email"] in [row[:3] for row in found]
    report = f"/board/roster/uploads/{token(shown)}/report.csv"
    before = client.ask(EVERY, "GET", report)
    assert before.headers["content-disposition"] == 'attachment; filename="roster-report.csv"'
    assert "left out,enrollments.csv,3,userSourcedId" in before.text
    assert "added,,,,person,u1,Ada Lovelace," in before.text
    apply(client, shown)
    assert client.ask(EVERY, "GET", report).content == before.content  # what was done, not what would be done now


def test_it_asks_before_it_needs_removal_confirmation(client: Client, tmp_path: Path, zipped: bytes) -> None:
    apply(client, preview(client, zipped))
    short = packed(tmp_path / "short.zip", GOOD | {"enrollments": ENROLLMENTS[:2]}).read_bytes()
    shown = preview(client, short, "short.zip")
    assert "This would remove 2 of 3 enrollments" in shown.text
    assert ["enrollment", "Ben Bloom", "7b", "learner"] in cells(shown)
    asked = apply(client, shown)
    assert (asked.status_code, len(catalog(client).classes["7b"].learners)) == (409, 2)
    assert "Nothing was written" in asked.text
    assert apply(client, shown, confirm="yes").status_code == 303
    assert [m.name for m in catalog(client).classes["7b"].learners] == ["Ada Lovelace"]


def test_what_is_no_roster(client: Client) -> None:
    for content in (b"", b"name\nAda\n", b"PK\x03\x04broken"):
        answer = preview(client, content, "r.csv")
        assert answer.status_code == 400, content
        assert (refused(answer).action, refused(answer).wrong) == ("/board/roster/preview", ["roster"])
    assert "is not a zip file" in preview(client, b"x", "r.zip").text
    for answer in (
        post(client, PREVIEW, data={"source": "sis"}),
        post(client, PREVIEW, files={"other": ("r.csv", b"class,id\n")}),
        post(client, PREVIEW, content=b"x", headers={"Content-Type": "multipart/form-data"}),
        post(client, PREVIEW, content=b"--b\r\nbroken", headers={"Content-Type": "multipart/form-data; boundary=b"}),
        post(client, PREVIEW, files={"roster": ("r.csv", b"class,id\n")}, data={"source": "s" * 201}),
    ):
        assert answer.status_code == 400, answer.text
    assert preview(client, b"x" * (MOST_UPLOAD_BYTES + 1)).status_code == 413
    assert post(client, APPLY, data={"upload": "none"}).status_code == 404


def test_text_of_a_file_is_text(client: Client) -> None:
    shown = preview(client, b"class,id,name\n7b,p1,<script>x</script>\n", "<script>.csv", "<b>sis</b>")
    assert "<script" not in shown.text
    assert "<b>sis" not in shown.text


def test_another_sites_form_is_refused(client: Client, zipped: bytes) -> None:
    shown = token(preview(client, zipped))
    other = {"Sec-Fetch-Site": "cross-site"}
    assert post(client, PREVIEW, files={"roster": ("r.zip", zipped)}, headers=other).status_code == 403
    assert post(client, APPLY, data={"upload": shown}, headers=other).status_code == 403


def test_in_a_browser(client: Client, browser: Browser, tmp_path: Path) -> None:
    wrong = changed(ENROLLMENTS, 3, "userSourcedId", "u9")
    roster = packed(tmp_path / "autumn.zip", GOOD | {"enrollments": wrong})
    client.allow(EVERY)
    with served(client.app) as base:
        page = browser.new_page(extra_http_headers={"Authorization": "Basic dG9vbDp4"})
        page.goto(f"{base}/board/roster")
        check_accessible(page)
        check_narrow(page)
        page.set_viewport_size({"width": 1280, "height": 800})
        page.get_by_label("OneRoster").set_input_files(roster)
        page.get_by_label("Source: the name").fill("sis")
        page.get_by_role("button", name="See what it changes").click()
        expect(page.get_by_role("cell", name="userSourcedId")).to_be_visible()
        assert "autumn.zip" in page.inner_text("main")
        check_accessible(page)
        check_narrow(page)
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("status")).to_contain_text("autumn.zip is imported.")
        with page.expect_download() as download:
            page.get_by_role("link", name="What it changed").click()
        assert "left out,enrollments.csv,3" in Path(download.value.path()).read_text()
        page.close()
