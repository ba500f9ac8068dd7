"""Takes the pictures of the docs from a running school: `make demo`, then

    .venv/bin/python docs/screenshots/take.py http://127.0.0.1:8080 demo:demo-secret

Chromium must be installed. Learners of the demo are invented.
"""

from __future__ import annotations

import base64
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
LEARNER = quote("account:https://school.example|7a-01", safe="")
SHOTS = {  # path, width, height, of the whole page
    "school": ("/board", 1280, 420, False),
    "class": ("/board/classes/7a", 1280, 1400, False),
    "class-narrow": ("/board/classes/7a", 360, 740, False),
    "learner": (f"/board/learners/{LEARNER}", 1280, 1100, False),
}


def take(base: str, credential: str) -> None:
    """Write a picture of each page beside this file."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed")
    login = {"Authorization": "Basic " + base64.b64encode(credential.encode()).decode()}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (path, width, height, whole) in SHOTS.items():
            context = browser.new_context(viewport={"width": width, "height": height}, extra_http_headers=login)
            page = context.new_page()
            answer = page.goto(base + path)
            if answer is None or not answer.ok:
                sys.exit(f"{path}: {answer and answer.status}")
            page.screenshot(path=HERE / f"{name}.png", full_page=whole)
            context.close()
        browser.close()


if __name__ == "__main__":
    take(*sys.argv[1:3])
