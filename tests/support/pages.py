"""What every page has to be: usable at 360 px, by keyboard, with enough contrast, and quiet."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

NARROW = 360  # px
PAPER = 1047  # px: A4 across, without its margins


def press(button_or_link: Locator) -> None:
    """Press what leads to a page, and wait for that page: a click alone may return before the old page is gone."""
    with button_or_link.page.expect_navigation():
        button_or_link.click()


def check_accessible(page: Page) -> None:
    """Raises AssertionError."""
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").count() == 1
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("svg:not([aria-hidden]):not([role=img][aria-label]):not([role=group][aria-label])").count() == 0
    assert page.evaluate(_UNNAMED) == 0
    assert page.evaluate(_STRAY) == []
    assert page.evaluate(_FAINT) == []
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"


def check_narrow(page: Page) -> None:
    """A phone does not scroll sideways, and cuts no name off. Raises AssertionError."""
    page.set_viewport_size({"width": NARROW, "height": 700})
    assert page.evaluate(_SHORTENED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


def check_printed(page: Page) -> None:
    """Nothing that scrolls on the screen is cut off on paper. Raises AssertionError."""
    page.set_viewport_size({"width": 700, "height": 1000})  # A4 at 96 dpi, without its margins
    page.emulate_media(media="print")
    assert page.evaluate(_CUT) == []
    page.set_viewport_size({"width": PAPER, "height": 700})
    assert broken_words(page) == []
    assert page.evaluate(_SPLIT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER
    page.emulate_media(media="screen")


def broken_words(page: Page) -> list[str]:
    """Words of ordinary length that go on in the next line."""
    found: list[str] = page.evaluate(_BROKEN)
    return found


def bare_dates(html: str) -> list[str]:
    """Days and times in the texts of a page that are not written as its reader's language does."""
    texts = re.sub(r"<pre.*?</pre>|<(script|style).*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL)
    named = re.findall(r'\b(?:title|aria-label|alt)="([^"]*)"', html)
    return sorted({found for text in (texts, *named) for found in _ISO.findall(text)})


_ISO = re.compile(r"\b\d{4}-\d\d(?:-\d\d)?(?![\w-])(?:[T ]\d\d:\d\d\S*)?")
_UNNAMED = "[...document.querySelectorAll('input:not([type=hidden]), select')].filter(e => !e.labels.length).length"
# Signs between the steps of where one is, before what is no step.
_STRAY = """() => [...document.querySelectorAll('.top nav > :not(a, [aria-current])')]
  .filter(e => getComputedStyle(e, '::before').content !== 'none').map(e => e.className)"""
_SHORTENED = """() => [...document.querySelectorAll('main *')]
  .filter(e => getComputedStyle(e).textOverflow === 'ellipsis' && e.scrollWidth > e.clientWidth + 1)
  .map(e => e.textContent.trim().slice(0, 40))"""
_BROKEN = """() => {
  const found = new Set(), main = document.querySelector('main');
  const walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());) {
    const around = node.parentElement;
    if (!around.checkVisibility() || around.closest('pre, svg, select, caption, .id, code')) continue;
    for (const word of node.data.matchAll(/(?<![\\p{L}\\p{N}])[\\p{L}\\p{N}]{2,16}(?![\\p{L}\\p{N}])/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = [...range.getClientRects()].filter(r => r.width > 0.5).map(r => Math.round(r.top));
      if (new Set(lines).size > 1) found.add(word[0]);
    }
  }
  return [...found];
}"""
_CUT = """() => [...document.querySelectorAll('pre, .scroll')]
  .filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1)
  .map(e => e.textContent.trim().slice(0, 40))"""
# What a page break may go through, and headings that it may leave behind.
_SPLIT = """() => [...document.querySelectorAll('tr, .card, .card-wide, .panel, .pressing li, h1, h2, h3, caption')]
  .filter(e => e.checkVisibility())
  .filter(e => getComputedStyle(e)[/^(H[1-3]|CAPTION)$/.test(e.tagName) ? 'breakAfter' : 'breakInside'] !== 'avoid')
  .map(e => e.tagName + ' ' + e.textContent.trim().slice(0, 40))"""

# Texts of a drawing of which one lies upon another, or is cut off at its side.
COLLIDING = """() => {
  const found = [];
  for (const svg of document.querySelectorAll('svg.curve')) {
    if (!svg.checkVisibility()) continue;
    const whole = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map(e => [e.getBoundingClientRect(), e.textContent.trim()]);
    const lines = [...svg.querySelectorAll('line.event')].map(e => [e.getBoundingClientRect(), 'a line']);
    for (const [at, [a, text]] of texts.entries()) {
      if (a.left < whole.left - 1 || a.right > whole.right + 1) found.push(text + ' is cut off');
      for (const [b, other] of [...texts.slice(at + 1), ...lines])
        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > -1
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2) found.push(text + ' / ' + other);
    }
  }
  return found;
}"""

# Texts of which one lies upon another.
OVERLAPPING = """() => {
  const boxes = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());) {
    const parent = node.parentElement;
    if (!node.textContent.trim() || !parent.checkVisibility()) continue;
    if (parent.closest('svg, caption, .hidden, .skip, option, datalist')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects())
      if (box.width > 1 && box.height > 1) boxes.push([box, node.textContent.trim().slice(0, 40)]);
  }
  const found = [];
  boxes.sort((a, b) => a[0].top - b[0].top);
  for (let i = 0; i < boxes.length; i++)
    for (let j = i + 1; j < boxes.length && boxes[j][0].top < boxes[i][0].bottom - 3; j++) {
      const [a, b] = [boxes[i][0], boxes[j][0]];
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3 && Math.min(a.bottom, b.bottom) - b.top > 3)
        found.push(boxes[i][1] + ' / ' + boxes[j][1]);
    }
  return found.slice(0, 5);
}"""

# Text whose contrast with what is behind it is under WCAG's 4.5 : 1.
_FAINT = """() => {
  const rgb = text => text.match(/[0-9.]+/g).map(Number);
  const light = c => c.slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const found = new Set();
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg') || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) found.add(e.className + ': ' + e.textContent.trim());
  }
  return [...found];
}"""
