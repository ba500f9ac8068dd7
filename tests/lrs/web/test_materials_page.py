"""The page of materials: what there is, what a file would change, and applying it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from lrs.auth.scopes import EVERY
from lrs.clock import system_time
from lrs.store.client import Store
from schemas.catalog import Activity, Class, Recorded, Skill
from schemas.material import Material
from tests.lrs.catalog.test_cartridge import course
from tests.lrs.pacing.test_measured_minutes import observe, tries
from tests.support.api import Client
from tests.support.pages import check_accessible, check_narrow
from tests.support.served import served

TENANT, PAGE = "scopes", "/board/materials"
ROWS = b"id,name,minutes\nhttps://a.example/1,Pizza,5\nnowhere,,\n"


@pytest.fixture
def client(tmp_path: Path, store: Store) -> Iterator[Client]:
    found = Client(tmp_path / "data", store._dsn())
    yield found
    found.close()


def preview(client: Client, content: bytes, name: str = "m.csv") -> httpx.Response:
    files: dict[str, Any] = {"materials": (name, content)}
    return client.ask(EVERY, "POST", f"{PAGE}/preview", files=files)


def apply(client: Client, shown: httpx.Response) -> httpx.Response:
    token = re.findall(r'name="upload" value="([^"]+)"', shown.text)[0]
    return client.ask(EVERY, "POST", f"{PAGE}/apply", data={"upload": token})


def text(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_a_file_is_looked_at_then_applied(client: Client, tmp_path: Path) -> None:
    shown = preview(client, ROWS)
    assert "Materials: 1 new, 0 changed, 0 as they are." in text(shown)
    assert "Line 3: opens : must be an http or https URL" in text(shown)
    assert client.parts.catalogs.latest(TENANT).materials == {}
    answer = apply(client, shown)
    assert (answer.status_code, set(client.parts.catalogs.latest(TENANT).materials)) == (303, {"https://a.example/1"})
    page = client.ask(EVERY, "GET", answer.headers["location"])
    assert "m.csv is imported." in text(page)
    report = client.ask(EVERY, "GET", re.findall(r'href="([^"]+report\.csv)"', page.text)[0]).text
    assert "added,https://a.example/1,Pizza" in report
    assert "1 as they are" in text(preview(client, ROWS))
    assert "Maths 7 › Fractions › Tool" in text(preview(client, course(tmp_path).read_bytes(), "course.imscc"))
    for content in (b"", b"name\n", b"PK\x03\x04"):
        assert preview(client, content).status_code == 400


def test_what_there_is_in_a_browser(client: Client, browser: Browser) -> None:
    changes: tuple[Recorded, ...] = (
        *(Skill(id=id_, name=id_.title()) for id_ in ("halves", "thirds")),
        Class(id="7b", skills=["halves", "thirds"]),
        Activity(id="page", skills=["halves"]),
        Material(id="page", name="Book", via="page", opens="Workbook 7, page 12"),
    )
    client.parts.catalogs.append_all(TENANT, "test", changes, system_time())
    observe(client.parts.store, TENANT, "urn:quiz", *tries(6, 7, 8))
    observe(client.parts.store, TENANT, "page", *tries(2, 2, 2))
    client.allow(EVERY)
    with served(client.app) as base:
        page = browser.new_page(extra_http_headers={"Authorization": "Basic dG9vbDp4"})
        page.goto(f"{base}{PAGE}")
        expect(page.get_by_role("listitem").filter(has_text="Thirds")).to_be_visible()
        expect(page.get_by_role("row").filter(has_text="urn:quiz")).to_contain_text("7, measured")
        expect(page.get_by_role("row").filter(has_text="Workbook 7, page 12")).to_contain_text("2, measured")
        expect(page.get_by_role("row").filter(has_text="Workbook 7, page 12")).to_contain_text("Halves")
        check_accessible(page)
        check_narrow(page)
        page.get_by_label("Name or id").fill("BOO")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("row").filter(has_text="Workbook 7, page 12")).to_be_visible()
        expect(page.get_by_text("urn:quiz")).to_have_count(0)
        page.get_by_label("A CSV with the column id").set_input_files(
            {"name": "m.csv", "mimeType": "text/csv", "buffer": ROWS}
        )
        page.get_by_role("button", name="See what it changes").click()
        expect(page.get_by_role("rowheader", name="Pizza")).to_be_visible()
        check_accessible(page)
        check_narrow(page)
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("status")).to_contain_text("m.csv is imported.")
        page.close()
