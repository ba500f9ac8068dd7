"""Rosters and skills over HTTP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lrs.auth.scopes import EVERY
from lrs.cli.schemas import NOWHERE
from schemas.catalog import Class
from schemas.import_answers import FrameworkCounts, RosterCounts
from tests.lrs.catalog.test_case import item, package, uid
from tests.support.api import Client
from tests.support.rosters import ENROLLMENTS, GOOD, changed, packed


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    found = Client(tmp_path / "data", NOWHERE)
    yield found
    found.close()


def send(client: Client, path: str, content: bytes, **params: str) -> httpx.Response:
    return client.ask(EVERY, "POST", path, content=content, params=params)


def roster(tmp_path: Path, **files: Any) -> bytes:
    return packed(tmp_path / "roster.zip", {**GOOD, **files}).read_bytes()


def test_a_roster(client: Client, tmp_path: Path) -> None:
    wrong = changed(ENROLLMENTS, 3, "userSourcedId", "u9")
    answer = send(client, "/roster", roster(tmp_path, enrollments=wrong), preview="true")
    preview = RosterCounts.model_validate_json(answer.content)
    assert (preview.written, preview.counts["person"].added, client.parts.catalogs.latest("scopes").persons) == (
        False,
        3,
        {},
    )
    assert [(one.file, one.line, one.field, one.error) for one in preview.problems] == [
        ("enrollments.csv", 3, "userSourcedId", True)
    ]
    assert RosterCounts.model_validate_json(send(client, "/roster", roster(tmp_path)).content).written
    assert [m.name for m in client.parts.catalogs.latest("scopes").classes["7b"].learners] == [
        "Ada Lovelace",
        "Ben Bloom",
    ]


def test_much_less_than_before(client: Client, tmp_path: Path) -> None:
    send(client, "/roster", roster(tmp_path))
    short = roster(tmp_path, enrollments=ENROLLMENTS[:2])
    answer = send(client, "/roster", short)
    assert (answer.status_code, answer.json()["field"]) == (409, "confirm")
    assert "2 of 3 enrollments" in answer.json()["error"]
    assert send(client, "/roster", short, confirm="true").status_code == 200


@pytest.mark.parametrize("source", ["", "s" * 201])
def test_a_source_has_a_name(client: Client, source: str) -> None:
    client.parts.catalogs.append("scopes", "test", Class(id="by hand"), 0)
    answer = send(client, "/roster", b"class,email\n7b,ada@a.example\n", source=source, confirm="true")
    assert (answer.status_code, answer.json()["field"]) == (400, "source")
    assert "by hand" in client.parts.catalogs.latest("scopes").classes


def test_a_plain_csv_and_what_is_none(client: Client) -> None:
    assert send(client, "/roster", b"class,email\n7b,ada@a.example\n").json()["counts"]["person"]["added"] == 1
    for body in (b"", b"name\nAda\n", b"PK\x03\x04broken"):
        assert send(client, "/roster", body).status_code == 400, body
    answer = send(client, "/roster", b"class,email\n", preview="perhaps")
    assert (answer.status_code, answer.json()["field"]) == (400, "preview")


def test_a_bomb_of_a_zip(client: Client) -> None:
    packed_ = io.BytesIO()
    with (
        zipfile.ZipFile(packed_, "w", zipfile.ZIP_DEFLATED) as into,
        into.open("users.csv", "w", force_zip64=True) as file,
    ):
        file.write(b"sourcedId,givenName,familyName,role,username\n")
        for _ in range(300):
            file.write((b" " * 1023 + b"\n") * 1024)
    answer = send(client, "/roster", packed_.getvalue())
    assert (answer.status_code, answer.json()["field"]) == (400, "body")
    assert answer.json()["error"] == "users.csv: the files hold more than 64 MiB of CSV"


def test_skills(client: Client) -> None:
    found = FrameworkCounts.model_validate_json(send(client, "/skills", package(item(1), item(2))).content)
    assert (found.added, found.problems) == (2, [])
    assert send(client, "/skills", b"skill,requires\nM.2,M.1\n").json()["changed"] == 1
    assert client.parts.catalogs.latest("scopes").skills[uid(2)].requires == [uid(1)]
    answer = send(client, "/skills", package(item(1)))
    assert (answer.status_code, answer.json()["field"]) == (409, "confirm")
    assert send(client, "/skills", b"{}").status_code == 400
