"""Requests as Storyline's player makes them, in a browser: from another origin, with credentials."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Route

from tests.support.basic import basic
from tests.support.node import CLIENTS
from tests.support.server import KEY, SECRET, Server, serving
from tests.support.statements import answered

TRUSTED, STRANGER = "https://content.example", "https://stranger.example"
STATE = {"stateId": "resume", "activityId": "http://6AbCdEfGh_course_id", "agent": '{"mbox":"mailto:a@b.example"}'}
OWN = {"Authorization": basic(KEY, SECRET)}  # in the form
LOGIN = {"authorization": basic(KEY, SECRET)}
VERSION = {"X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("storyline"), ("--cors-origin", TRUSTED)) as found:
        yield found


@pytest.fixture
def context(browser: Browser, store: Server) -> Iterator[BrowserContext]:
    """A browser whose user logged in at the store before: it adds that login to requests that have none."""
    found = browser.new_context()
    found.route(f"{store.base}/**", lambda route: route.continue_(headers={**route.request.all_headers(), **LOGIN}))
    yield found
    found.close()


def ask(context: BrowserContext, store: Server, origin: str, *what: Any) -> str:
    """What a page of an origin gets for an answer."""

    def content(route: Route) -> None:
        route.fulfill(path=CLIENTS / "storyline.html", content_type="text/html")

    page = context.new_page()
    page.route(f"{origin}/**", content)
    page.goto(f"{origin}/course")
    said: str = page.evaluate("([store, ...what]) => ask(store, ...what)", [store.base, *what])
    page.close()
    return said


def sending(statement: dict[str, Any], login: dict[str, str]) -> tuple[str, str, dict[str, str]]:
    fields = login | VERSION | {"statementId": statement["id"], "content": json.dumps(statement)}
    return "PUT", "statements", fields


def is_stored(store: Server, statement: dict[str, Any]) -> bool:
    with store.client() as client:
        return client.get("/xAPI/statements", params={"statementId": statement["id"]}).status_code == 200


def test_a_course_of_a_configured_origin(context: BrowserContext, store: Server) -> None:
    sent = answered()
    assert ask(context, store, TRUSTED, *sending(sent, OWN)) == "204 "
    assert is_stored(store, sent)
    place = OWN | VERSION | STATE | {"stateId": str(uuid.uuid4())}
    assert ask(context, store, TRUSTED, "GET", "activities/state", place).startswith("404 ")
    kept = place | {"Content-Type": "text/plain", "content": "2f1e[]"}
    assert ask(context, store, TRUSTED, "PUT", "activities/state", kept) == "204 "
    assert ask(context, store, TRUSTED, "GET", "activities/state", place) == "200 2f1e[]"


def test_the_login_that_a_browser_adds_counts_from_a_configured_origin_alone(
    context: BrowserContext, store: Server
) -> None:
    trusted, strange = answered(), answered()
    assert ask(context, store, TRUSTED, *sending(trusted, {})) == "204 "
    assert is_stored(store, trusted)
    assert ask(context, store, STRANGER, *sending(strange, {})) == "unreadable"
    assert not is_stored(store, strange)


def test_any_other_origin_may_send_with_a_login_of_its_own_and_read_nothing(
    context: BrowserContext, store: Server
) -> None:
    sent = answered()
    assert ask(context, store, STRANGER, *sending(sent, OWN)) == "unreadable"
    assert is_stored(store, sent)
