"""The first page: its requests work as they are copied, and it is as other pages are."""

from __future__ import annotations

import html
import re
import shlex
import subprocess
import sys
from typing import Any

import httpx
import orjson
import pytest
from playwright.sync_api import Browser

from tests.support.server import KEY, SECRET, Server


def run(server: Server, title: str) -> Any:
    """What a request on the page answers, copied but for the login."""
    page = httpx.get(f"{server.base}/", timeout=30)
    assert page.status_code == 200
    [found] = re.findall(rf"<h3>{title}</h3>\s*<pre[^>]*>(.*?)</pre>", page.text, re.S)
    code = html.unescape(found)
    login = f"{KEY}:{SECRET}"
    in_shell = code.startswith("curl")
    code = code.replace("KEY:SECRET", shlex.quote(login) if in_shell else login)
    words = ["bash", "-c", code] if in_shell else [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("way", ["curl", "Python"])
def test_a_statement_is_sent_as_the_request_is_copied(server: Server, way: str) -> None:
    said = run(server, f"Send a statement with {way}")
    assert re.fullmatch(r"""\[["'][0-9a-f-]{36}["']\]""", said.strip()), said


def test_the_other_requests_work_as_they_are_copied(server: Server) -> None:
    [explained] = orjson.loads(run(server, "Ask what a statement would mean, without storing it"))["statements"]
    assert explained["valid"] is True
    assert explained["read_as"][0]["outcome"] == 1.0
    assert "statements" in orjson.loads(run(server, "Read statements"))


def test_behind_a_proxy_it_says_the_address_that_clients_see(server: Server) -> None:
    proxy = {"Host": "school.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/lrs"}
    page = httpx.get(f"{server.base}/", headers=proxy, timeout=30).text
    assert "https://school.example/lrs/xAPI" in page
    assert 'href="/lrs/board"' in page
    assert 'href="/lrs/board/static/board.css"' in page
    assert server.base not in page


def test_nobody_has_to_log_in_and_nothing_runs(server: Server) -> None:
    headers = httpx.get(f"{server.base}/", timeout=30).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "www-authenticate" not in headers


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits(server: Server, browser: Browser, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{server.base}/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title() == "Start · Pacer"
    page.close()
