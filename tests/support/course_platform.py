"""A platform on the loopback that gives access and lists the members of its courses: what it answers can be changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

import orjson

from tests.support.served import handling

LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
TEACHER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"


@dataclass
class CoursePlatform:
    """What it answers by path: status, links and JSON; what it was asked."""

    url: str = ""
    pages: dict[str, tuple[int, list[str], Any]] = field(default_factory=dict)
    token: tuple[int, Any] = (200, {"access_token": "a-token", "token_type": "Bearer"})
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def platform_of_courses() -> Iterator[CoursePlatform]:
    made = CoursePlatform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            made.forms.append({name: values[0] for name, values in form.items()})
            self._send(made.token[0], [], made.token[1])

        def do_GET(self) -> None:
            made.asked.append(self.path)
            made.headers.append(dict(self.headers))
            self._send(*made.pages.get(self.path, (404, [], {})))

        def _send(self, status: int, links: list[str], value: Any) -> None:
            raw = orjson.dumps(value)
            self.send_response(status)
            for link in links:
                self.send_header("Link", link)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with handling(Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield made


def member(user: str | int, *roles: str, **more: Any) -> dict[str, Any]:
    return {"user_id": user, "roles": list(roles or (LEARNER,)), "status": "Active", **more}
