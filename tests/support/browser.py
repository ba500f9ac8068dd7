"""Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

_PATIENT_MS = 240_000.0  # what is looked for comes, however busy the machine is
# A page of another site may ask the loopback, where tests have their stores: no person is there to allow it.
_ARGUMENTS = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running browser."""
    chromium = shutil.which("chromium")
    assert chromium, "the pages are looked at in Chromium: install it"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        _wait_patiently(found)
        expect.set_options(timeout=_PATIENT_MS)
        yield found
        found.close()


def _wait_patiently(browser: Browser) -> None:
    """Have every page of a browser wait long: Playwright has no setting for all of them."""
    new_context, new_page = browser.new_context, browser.new_page

    def context(**settings: Any) -> BrowserContext:
        made = new_context(**settings)
        made.set_default_timeout(_PATIENT_MS)
        return made

    def page(**settings: Any) -> Page:
        made = new_page(**settings)
        made.set_default_timeout(_PATIENT_MS)
        return made

    browser.new_context, browser.new_page = context, page  # type: ignore[method-assign]


@contextmanager
def looked_at(browser: Browser, base: str, height: int = 800, headers: dict[str, str] | None = None) -> Iterator[Page]:
    """A page 1280 px wide that may complain of nothing, in its console or by an error."""
    complaints: list[str] = []
    context = browser.new_context(base_url=base, viewport={"width": 1280, "height": height}, extra_http_headers=headers)
    found = context.new_page()
    found.on("console", lambda message: complaints.append(message.text))
    found.on("pageerror", lambda error: complaints.append(str(error)))
    yield found
    context.close()
    assert complaints == []
