"""axe-core, which finds what a page does that people with a disability stumble over."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.support.node import CLIENTS

AXE = CLIENTS / "node_modules/axe-core/axe.min.js"  # the fixture npm_clients installs it
_RUN = """async options => {
  const found = await axe.run(document, {resultTypes: ['violations'], ...options})
  const said = one => node => `${one.id}: ${node.target.join(' ')} ${node.html.slice(0, 200)}`
  return found.violations.flatMap(one => one.nodes.map(said(one)))
}"""


def ready(context: BrowserContext) -> None:
    """Every page of a context has axe from here on, whatever scripts its policy forbids."""
    context.add_init_script(path=AXE)


def findings(page: Page, **options: Any) -> list[str]:
    """What axe finds on a page, by all of its rules unless the options name some."""
    found: list[str] = page.evaluate(_RUN, options)
    return found
