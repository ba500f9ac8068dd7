"""Every page of the application as each role that may open it, in one session of Chromium: what axe finds, how many
tab stops there are before an action, how large it is, how it writes dates, how it is printed, and whether a phone
scrolls sideways, in either direction of writing and in the dark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.axe import findings, ready
from tests.support.page_tour import Shown, pages
from tests.support.pages import NARROW, PAPER, bare_dates, broken_words
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("npm_clients")
LARGEST = 300 << 10  # bytes as sent
MOST_STOPS = 60
_WIDE = "document.documentElement.scrollWidth"
# How many stops of the Tab key there are up to the last button or field, from what a link at the top leads to.
_STOPS = """() => {
  const stops = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
    .filter(e => e.tabIndex >= 0 && !e.disabled && e.type !== 'hidden' && e.checkVisibility())
  const last = stops.findLastIndex(e => e.matches('button, input, select, textarea, a.button'))
  return last + 1
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_navigation_timeout(0)  # however busy the machine is
    ready(context)
    yield context.new_page()
    context.close()


def show(page: Page, shown: Shown) -> None:
    address = str(shown.answer.url)
    headers = {"Content-Type": "text/html; charset=utf-8"}
    page.route(address, lambda route: route.fulfill(status=200, headers=headers, body=shown.answer.text))
    page.goto(address)
    page.unroute(address)


def wrong(page: Page) -> Iterator[str]:
    """What is wrong with the page that is shown."""
    yield from findings(page)
    page.emulate_media(color_scheme="dark")
    for one in findings(page, runOnly=["color-contrast"]):
        yield f"dark: {one}"
    page.emulate_media(color_scheme="light")
    if (stops := page.evaluate(_STOPS)) > MOST_STOPS:
        yield f"{stops} stops of the Tab key"
    page.set_viewport_size({"width": NARROW, "height": 700})
    for direction in ("ltr", "rtl"):
        page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        if (width := page.evaluate(_WIDE)) > NARROW:
            yield f"{width} px wide on a phone, {direction}"
    page.evaluate("document.documentElement.dir = 'ltr'")
    page.set_viewport_size({"width": PAPER, "height": 700})
    page.emulate_media(media="print")
    if (width := page.evaluate(_WIDE)) > PAPER:
        yield f"{width} px wide on paper"
    yield from (f"{word} is broken on paper" for word in broken_words(page))
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 800})


def test_nothing_is_wrong_with_any_page(server: Server, page: Page) -> None:
    found: list[str] = []
    opened = Counter[str]()
    for shown in pages(server):
        opened[shown.who] += 1
        show(page, shown)
        complaints = list(wrong(page))
        complaints += (f"{bare} as a date" for bare in bare_dates(shown.answer.text))
        if (size := len(shown.answer.content)) > LARGEST:
            complaints.append(f"{size} bytes")
        found += (f"{shown}: {one}" for one in complaints)
    assert not found, "\n".join(found)
    assert min(opened.values()) > 0
