"""What the tests of the three document resources share: addresses that no other test uses, and short requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import orjson

from tests.support.documents import IDS, NEW, place, shelf

JSON = {"Content-Type": "application/json"}


def put(client: httpx.Client, path: str, at: dict[str, str], data: bytes = b"x", kind: str = "text/plain") -> None:
    """Write where no document exists."""
    answer = client.put(path, params=at, content=data, headers=NEW | {"Content-Type": kind})
    assert (answer.status_code, answer.content) == (204, b""), answer.text


def stands(client: httpx.Client, path: str, at: dict[str, str]) -> bytes | None:
    """The document; None if there is none."""
    answer = client.get(path, params=at)
    if answer.status_code == 404:
        return None
    assert answer.status_code == 200, answer.text
    return answer.content


def listed(client: httpx.Client, path: str, at: dict[str, str]) -> list[str]:
    """The ids of a shelf."""
    answer = client.get(path, params=at)
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json()
    return sorted(found)


def refused(client: httpx.Client, method: str, path: str, at: dict[str, Any], name: str) -> None:
    """A request that is answered 400 for one of its parameters."""
    content = b"{}" if method in ("PUT", "POST") else None
    answer = client.request(method, path, params=at, content=content, headers=NEW | JSON if content else None)
    assert (answer.status_code, answer.json().get("field")) == (400, name), answer.text


def moment() -> str:
    """This moment, to the microsecond."""
    return datetime.now(UTC).isoformat()


def comes_back(client: httpx.Client, path: str) -> None:
    """Assert that a document is answered as it was put."""
    at = place(path)
    put(client, path, at, b"\x00\xff", "application/x-odd")
    found = client.get(path, params=at)
    assert (found.status_code, found.content) == (200, b"\x00\xff")
    assert found.headers["Content-Type"] == "application/x-odd"


def post_stores(client: httpx.Client, path: str) -> None:
    """Assert that a POST where no document exists stores what it sends."""
    at = place(path)
    answer = client.post(path, params=at, content=b'{"a": 1}', headers=JSON)
    assert (answer.status_code, answer.content) == (204, b"")
    assert stands(client, path, at) == b'{"a": 1}'


def post_refuses(client: httpx.Client, path: str) -> None:
    """Assert that a POST of broken JSON stores nothing."""
    at = place(path)
    assert client.post(path, params=at, content=b"{", headers=JSON).status_code == 400
    assert stands(client, path, at) is None


def one_is_deleted(client: httpx.Client, path: str) -> None:
    """Assert that a DELETE with an id deletes that document and no other."""
    at = shelf(path)
    for name in ("a", "b"):
        put(client, path, at | {IDS[path]: name})
    answer = client.delete(path, params=at | {IDS[path]: "a"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert listed(client, path, at) == ["b"]


def are_listed(client: httpx.Client, path: str) -> None:
    """Assert that a GET without an id answers the ids."""
    at = shelf(path)
    assert listed(client, path, at) == []
    for name in ("a", "b"):
        put(client, path, at | {IDS[path]: name})
    assert listed(client, path, at) == ["a", "b"]


def since(client: httpx.Client, path: str, at: dict[str, str]) -> None:
    """Assert that `since` leaves out what was stored before it, however it is written."""
    put(client, path, at | {IDS[path]: "old"})
    between = moment()
    put(client, path, at | {IDS[path]: "new"})
    assert listed(client, path, at) == ["new", "old"]
    for written in (between, between.replace("+00:00", "Z")):
        assert listed(client, path, at | {"since": written}) == ["new"]
    assert listed(client, path, at | {"since": moment()}) == []


def merges(client: httpx.Client, path: str) -> None:
    """Assert that a POST replaces the top level's members and keeps the others."""
    at = place(path)
    assert client.post(path, params=at, json={"a": {"x": 1, "y": 2}, "b": 1}).status_code == 204
    answer = client.post(path, params=at, json={"a": {"x": 3}, "c": None})
    assert (answer.status_code, answer.content) == (204, b"")
    assert orjson.loads(stands(client, path, at) or b"") == {"a": {"x": 3}, "b": 1, "c": None}


def unmergeable(client: httpx.Client, path: str, standing: tuple[bytes, str], sent: tuple[bytes, str]) -> None:
    """Assert that a POST is refused, and the document is unchanged."""
    at = place(path)
    put(client, path, at, *standing)
    answer = client.post(path, params=at, content=sent[0], headers={"Content-Type": sent[1]})
    assert answer.status_code == 400, answer.text
    assert answer.json()["field"] in ("body", "Content-Type")
    assert stands(client, path, at) == standing[0]


def dated(client: httpx.Client, path: str) -> None:
    """Assert that a document says when it was last written."""
    at = place(path)
    put(client, path, at)
    answer = client.get(path, params=at)
    written = datetime.strptime(answer.headers["Last-Modified"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - written).total_seconds()) < 60
