"""Statements explained, not stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from lrs.auth.scopes import EVERY, Scope
from lrs.cli.main import main
from lrs.cli.schemas import NOWHERE
from schemas.explain_answers import Explanations
from schemas.record import STATEMENTS
from tests.support.api import Client
from tests.support.statements import answered, key


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("explain"), NOWHERE)
    person = {"kind": "person", "id": "u1", "name": "Ada", "aliases": [key("ada")]}
    assert found.ask(EVERY, "POST", "/catalog", json=[person]).status_code == 200
    yield found
    found.close()


@pytest.mark.parametrize("scopes", [{Scope.STATEMENTS_WRITE}, {Scope.STATEMENTS_READ}, {Scope.DEFINE}])
def test_who_may_not_read_all_does_not_learn_who_somebody_is(client: Client, scopes: set[Scope]) -> None:
    """A key that sends may be in a page that every visitor of a site gets."""
    answer = client.ask(frozenset(scopes), "POST", "/explain", json=[answered()])
    assert answer.status_code == 200
    [found] = Explanations.model_validate_json(answer.content).statements
    assert (found.read_as[0].person, found.read_as[0].name) == (None, None)
    assert "u1" not in answer.text


def test_what_is_right_and_what_is_not(client: Client) -> None:
    before = client.parts.log.end(STATEMENTS)
    fresh = {name: value for name, value in answered().items() if name not in ("id", "timestamp")}
    wrong = answered() | {"object": {"id": "7b1e0e4c-2c3a-4b6e-9d3a-0a5a4b1c2d3e"}}
    broken = answered() | {"verb": {}}
    answer = client.ask(EVERY, "POST", "/explain", json=[fresh, wrong, broken])
    assert answer.status_code == 200, answer.text
    right, repaired, refused = Explanations.model_validate_json(answer.content).statements
    assert (right.valid, right.error) == (True, None)
    assert (right.read_as[0].person, right.read_as[0].name) == ("person:u1", "Ada")
    assert (repaired.valid, repaired.field) == (False, "object.id")
    assert repaired.repairs == ["bare-uuid object.id"]
    assert repaired.read_as[0].item.startswith("urn:uuid:")
    assert (refused.valid, refused.field, refused.repairs, refused.read_as) == (False, "verb.id", [], [])
    assert client.parts.log.end(STATEMENTS) == before


def test_limits(client: Client) -> None:
    answer = client.ask(EVERY, "POST", "/explain", json=[answered()] * 101)
    assert (answer.status_code, answer.json()["field"]) == (413, "body")
    assert client.ask(EVERY, "POST", "/explain", content=b"[").status_code == 400


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "statements.ndjson"
    path.write_bytes(orjson.dumps(answered()) + b"\n" + orjson.dumps(answered() | {"verb": {}}) + b"\n{")
    found = CliRunner().invoke(main, ["explain", str(path), "--no-catalog"])
    assert found.exit_code == 1
    assert f"attempt of {key('ada')} at" in found.output
    assert "right: by result.success" in found.output
    assert "statements.ndjson:2: verb.id: is missing" in found.output
    found = CliRunner().invoke(main, ["explain", str(path), "--no-catalog", "--most", "1", "--json"])
    assert (found.exit_code, json.loads(found.stdout)[0]["read_as"][0]["kind"]) == (0, "attempt")
