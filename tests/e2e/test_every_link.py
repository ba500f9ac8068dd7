"""Every link of every page, followed as whoever is shown it: none leads to what its reader may not open."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urljoin

import httpx

from tests.support.page_tour import opened_now, pages_of, visitors
from tests.support.server import Server

_LINK = re.compile(r'<a [^>]*href="([^"#]+)')
ALIKE = 3  # links of one form that are followed: a board has one for each of its cells


def test_every_link_opens_for_whom_it_is_shown(server: Server) -> None:
    dead: list[str] = []
    for who, client in visitors(server):
        followed: dict[str, list[str]] = {}
        for shown in pages_of(client, who, opened_now(server)):
            for link in dict.fromkeys(_LINK.findall(shown.answer.text)):
                to = urljoin(str(shown.answer.url), unescape(link))
                form = re.sub(r"[^/]*(%|\d)[^/]*", "*", httpx.URL(to).path)
                its = followed.setdefault(form, [])
                if not to.startswith(server.base) or to in its or len(its) == ALIKE:
                    continue
                its.append(to)
                status = client.get(to, follow_redirects=True).status_code
                if status >= 400:
                    dead.append(f"{to} on {shown}: {status}")
        assert followed, who
    assert not dead, "\n".join(dead)
