"""The page of skills draws which requires which; requirements are added and taken away there, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from lrs.auth.scopes import EVERY
from lrs.cli.schemas import NOWHERE
from lrs.web.graph_drawing import DRAWN_SKILLS, MOST_DRAWN
from lrs.web.requirements_view import AROUND, SHOWN_REQUIRING, chosen_skill, draw_requirements
from schemas.catalog import Catalog, Skill
from tests.support.api import Client
from tests.support.axe import findings, ready
from tests.support.pages import check_accessible, check_narrow, check_printed
from tests.support.served import served

TENANT = "scopes"
PREVIEW, APPLY = "/board/skills/requirements/preview", "/board/skills/requirements/apply"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """Halves, then thirds, then <tenths> and what has a long name; and ratios by themselves."""
    found = Client(tmp_path / "data", NOWHERE)
    found.allow(EVERY)
    skills = [
        Skill(id="halves", name="Halves", code="F.1"),
        Skill(id="thirds", name="Thirds", requires=["halves"]),
        Skill(id="tenths", name="<Tenths>", requires=["thirds"]),
        Skill(id="ratios", name="Ratios"),
        Skill(id="long", name="Compare fractions with different denominators", requires=["thirds"]),
    ]
    found.parts.catalogs.append_all(TENANT, "test", skills, 1)
    yield found
    found.close()


def required(client: Client, skill: str) -> list[str]:
    return list(client.parts.catalogs.latest(TENANT).required(skill))


def send(client: Client, path: str, **form: str) -> httpx.Response:
    return client.ask(EVERY, "POST", path, data=form)


def text(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_what_is_refused(client: Client) -> None:
    unknown = send(client, PREVIEW, do="add", skill="Halves", requires="Quarters")
    assert (unknown.status_code, "there is no skill Quarters" in text(unknown)) == (400, True)
    assert send(client, PREVIEW, do="nothing", skill="Halves", requires="Thirds").status_code == 400
    assert client.ask(EVERY, "GET", "/board/skills?skill=Quarters").status_code == 404
    moved = send(client, APPLY, do="add", skill="ratios", requires="halves", seen="another")
    assert (moved.status_code, "was changed meanwhile" in text(moved)) == (409, True)
    for path in (PREVIEW, APPLY):
        other = client.ask(EVERY, "POST", path, data={"do": "add"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert other.status_code == 403
    assert required(client, "ratios") == []


@pytest.fixture
def page(client: Client, browser: Browser) -> Iterator[Page]:
    """A browser without scripts, which looks at the page of skills."""
    with served(client.app) as base:
        context = browser.new_context(
            base_url=base, java_script_enabled=False, extra_http_headers={"Authorization": "Basic dG9vbDp4"}
        )
        found = context.new_page()
        found.goto("/board/skills")
        yield found
        context.close()


def test_a_requirement_is_added_and_taken_away_by_keyboard(client: Client, page: Page) -> None:
    page.get_by_role("link", name="Ratios").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**skill=ratios**")
    page.get_by_label("Requires", exact=True).focus()
    page.keyboard.type("<Tenths>")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ratios would require <Tenths>.")).to_be_visible()
    assert required(client, "ratios") == []
    page.get_by_role("button", name="Apply").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Changed.")
    assert required(client, "ratios") == ["tenths"]
    expect(page.get_by_role("link", name="Ratios, after <Tenths>")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="See what taking it away changes").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ratios would no longer require <Tenths>.")).to_be_visible()
    page.get_by_role("button", name="Apply").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Changed.")
    assert required(client, "ratios") == []


def test_a_click_on_the_drawing_chooses_a_skill(page: Page) -> None:
    assert page.locator("svg.path a").count() == 4  # ratios have no line
    page.get_by_role("link", name="Thirds, after Halves").click()
    page.wait_for_url("**skill=thirds#requirements")
    assert page.get_by_label("Skill", exact=True).input_value() == "Thirds"
    assert page.locator("path.way").count() == 3


def test_a_circle_is_refused_at_its_field_by_name_and_nothing_is_lost(client: Client, page: Page) -> None:
    page.goto("/board/skills?skill=halves")
    page.get_by_label("Requires", exact=True).fill("<Tenths>")
    page.get_by_role("button", name="See what adding it changes").click()
    expect(page.get_by_role("alert")).to_contain_text("leads back to itself: Halves → <Tenths> → Thirds → Halves")
    assert page.get_by_label("Requires", exact=True).input_value() == "<Tenths>"
    assert page.get_by_label("Requires", exact=True).get_attribute("aria-invalid") == "true"
    assert required(client, "halves") == []


@pytest.mark.usefixtures("npm_clients")
@pytest.mark.parametrize("path", ["/board/skills", "/board/skills?skill=thirds"])
def test_the_drawing_is_for_everybody(client: Client, browser: Browser, path: str) -> None:
    with served(client.app) as base:
        context = browser.new_context(base_url=base, extra_http_headers={"Authorization": "Basic dG9vbDp4"})
        ready(context)
        page = context.new_page()
        page.goto(path)
        check_accessible(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert list(findings(page)) == []
        check_narrow(page)
        check_printed(page)
        context.close()


def made(count: int) -> Catalog:
    catalog = Catalog()
    for n in range(count):
        catalog.apply(Skill(id=str(n), name=f"S {n}", requires=[str(n // 2)] if n else []), n, n)
    return catalog


def test_of_many_skills_what_is_around_the_chosen_one_is_first() -> None:
    catalog = made(MOST_DRAWN + 60)
    found = draw_requirements(catalog, "255")
    assert found is not None
    first = {node.skill for node in found.first.nodes}
    assert len(first) == AROUND
    assert {"255", "127"} <= first
    assert [node.skill for node in found.first.nodes if node.chosen] == ["255"]
    assert found.undrawn == 60
    assert all(len(one.nodes) <= DRAWN_SKILLS for one in found.folded)
    plain = draw_requirements(catalog)
    assert plain is not None
    assert sum(len(one.nodes) for one in (plain.first, *plain.folded)) == MOST_DRAWN


def test_a_skill_that_everything_requires_names_some() -> None:
    catalog = Catalog()
    catalog.apply(Skill(id="first"), 0, 0)
    for n in range(SHOWN_REQUIRING + 3):
        catalog.apply(Skill(id=str(n), requires=["first"]), n, n)
    found = chosen_skill(catalog, "first")
    assert (len(found.required_by), found.more) == (SHOWN_REQUIRING, 3)


def test_without_requirements_nothing_is_drawn() -> None:
    catalog = Catalog()
    catalog.apply(Skill(id="a"), 0, 0)
    assert draw_requirements(catalog) is None
    alone = draw_requirements(catalog, "a")
    assert alone is not None
    assert [node.skill for node in alone.first.nodes] == ["a"]
