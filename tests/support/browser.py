"""Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# A page of another site may ask the loopback, where tests have their stores: no person is there to allow it.
_ARGUMENTS = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running browser."""
    chromium = shutil.which("chromium")
    assert chromium, "the pages are looked at in Chromium: install it"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield found
        found.close()


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
