"""Takes the pictures of the docs from a running school: `make demo`, then

    .venv/bin/python docs/screenshots/take.py http://127.0.0.1:8080 demo:demo-secret

Chromium must be installed. Learners of the demo are invented.
Take them before 9:00 UTC: later the pages say that the plan of the day is under way or over, which the picture of a
Monday's morning must not.
"""

from __future__ import annotations

import base64
import shutil
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

from lrs.processes.alerting import LOOK_SECONDS

HERE = Path(__file__).parent
LEARNER = "/board/classes/7a?decision=practise"  # the first learner whom it names
SHOTS = {  # path, width, height, of the whole page
    "school": ("/board", 1280, 420, False),
    "class": ("/board/classes/7a", 1280, 1400, False),
    "class-narrow": ("/board/classes/7a", 360, 740, False),
    "learner": (LEARNER, 1280, 1100, False),
}
# One teacher's Monday, as one picture: what is done when, and the page it is done on.
MONDAY = (
    ("7:50", "Who needs me now? One row a child, and who lacks the same.", "/board/classes/7a"),
    ("8:00", "What does everybody do today? Planned by need, rooms and adults; changed by hand.", "/plans/7a/{day}"),
    ("9:00", "Two minutes of questions sort the class: groups by what was answered.", "/checks/7a"),
    ("15:00", "Why this decision, and what comes next for this child?", LEARNER),
)
TOUR = (1280, 800)  # of each page, before it is made small
_TOUR_PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 20px; font: 17px/1.35 system-ui, sans-serif; background: #fff; color: #1c2530 }}
main {{ display: grid; grid-template-columns: 1fr 1fr; gap: 20px }} figure {{ margin: 0 }}
img {{ width: 100%; border: 1px solid #c8d0d8; border-radius: 6px; display: block }}
figcaption {{ min-height: 2.8em; padding-bottom: 6px }} b {{ color: #0b4f8a }}</style><main>{figures}</main>"""


def take(base: str, credential: str) -> None:
    """Write a picture of each page beside this file, and that of a teacher's Monday."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed")
    login = {"Authorization": "Basic " + base64.b64encode(credential.encode()).decode()}
    _wait(base, login)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (path, width, height, whole) in SHOTS.items():
            (HERE / f"{name}.png").write_bytes(_shot(browser, login, base + path, width, height, whole))
        figures = []
        day = datetime.now(UTC).date().isoformat()
        for clock, what, path in MONDAY:
            picture = base64.b64encode(_shot(browser, login, base + path.format(day=day), *TOUR)).decode()
            image = f'<img src="data:image/png;base64,{picture}">'
            figures.append(f"<figure><figcaption><b>{clock}</b> {what}</figcaption>{image}</figure>")
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_content(_TOUR_PAGE.format(figures="".join(figures)))
        page.locator("body").screenshot(path=HERE / "monday.png")
        browser.close()


def _wait(base: str, login: Mapping[str, str]) -> None:
    """Until everything is on the pages: all statements, and then the alerts, which are looked for once a minute."""
    while httpx.get(f"{base}/ready", headers=dict(login)).json()["freshness"]["behind"]:
        time.sleep(1)
    time.sleep(LOOK_SECONDS + 15)


def _shot(
    browser: Browser, login: Mapping[str, str], address: str, width: int, height: int, whole: bool = False
) -> bytes:
    context = browser.new_context(viewport={"width": width, "height": height}, extra_http_headers=dict(login))
    page = context.new_page()
    answer = page.goto(address)
    if answer is None or not answer.ok:
        sys.exit(f"{address}: {answer and answer.status}")
    if address.endswith(LEARNER):
        page.locator("tbody th a").first.click()
    if "/checks/" in address:  # the latest check, at its groups
        page.locator(".actions a").first.click()
        page.locator("#groups").scroll_into_view_if_needed()
        page.evaluate("document.querySelector('#groups').scrollIntoView()")
    taken = page.screenshot(full_page=whole)
    context.close()
    return taken


if __name__ == "__main__":
    take(*sys.argv[1:3])
