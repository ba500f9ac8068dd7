"""Materials over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lrs.auth.scopes import EVERY
from lrs.cli.schemas import NOWHERE
from schemas.import_answers import MaterialCounts
from tests.support.api import Client


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    found = Client(tmp_path / "data", NOWHERE)
    yield found
    found.close()


def send(client: Client, content: bytes, **params: str) -> httpx.Response:
    return client.ask(EVERY, "POST", "/materials", content=content, params=params)


def test_materials(client: Client) -> None:
    rows = b"id,minutes\nhttps://a.example/1,5\nhttps://a.example/2,x\n"
    found = MaterialCounts.model_validate_json(send(client, rows, preview="true").content)
    assert (found.written, found.added, client.parts.catalogs.latest("scopes").materials) == (False, 1, {})
    [problem] = found.problems
    assert (problem.line, problem.field, problem.message) == (3, "minutes", "is not a number")
    assert send(client, rows).json()["written"]
    assert set(client.parts.catalogs.latest("scopes").materials) == {"https://a.example/1"}
    assert send(client, rows).json()["unchanged"] == 1
    assert (send(client, b"name\n").status_code, send(client, rows, preview="x").json()["field"]) == (400, "preview")
