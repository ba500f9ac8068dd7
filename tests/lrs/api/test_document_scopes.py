"""What a credential needs for documents, agents and activities (xAPI 1.0.3, part 3, 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from lrs.auth.scopes import Scope
from lrs.store.client import Store
from schemas.record import STATEMENTS, Bundle
from tests.support.api import Client
from tests.support.statements import answered, learner

_AGENT = orjson.dumps(learner("a")).decode()
_ACTIVITY = "https://x.example/a"
STATE = ("/xAPI/activities/state", {"agent": _AGENT, "activityId": _ACTIVITY, "stateId": "s"})
AGENT = ("/xAPI/agents/profile", {"agent": _AGENT, "profileId": "p"})
ACTIVITY = ("/xAPI/activities/profile", {"activityId": _ACTIVITY, "profileId": "p"})
PERSON = ("/xAPI/agents", {"agent": _AGENT})
CANONICAL = ("/xAPI/activities", {"activityId": _ACTIVITY})
Asked = tuple[str, dict[str, str]]


@pytest.fixture(scope="module")
def client(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("scopes"), store._dsn())
    yield found
    found.close()


def ask(client: Client, method: str, asked: Asked, *scopes: Scope) -> int:
    path, params = asked
    return client.ask(frozenset(scopes), method, path, params=params, content=b"{}").status_code


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize(("asked", "scope"), [(STATE, Scope.STATE), (AGENT, Scope.PROFILE), (ACTIVITY, Scope.PROFILE)])
def test_documents(client: Client, method: str, asked: Asked, scope: Scope) -> None:
    enough = {scope, Scope.ALL} | ({Scope.ALL_READ} if method == "GET" else set())
    for held in Scope:
        status = ask(client, method, asked, held)
        assert (status != 403) == (held in enough), held
        ask(client, "DELETE", asked, Scope.ALL)
    assert ask(client, method, asked) == 403


@pytest.mark.parametrize("asked", [PERSON, CANONICAL])
def test_agents_and_activities(client: Client, asked: Asked) -> None:
    enough = {Scope.ALL, Scope.ALL_READ, Scope.STATEMENTS_READ, Scope.DEFINE}
    for held in Scope:
        assert ask(client, "GET", asked, held) == (200 if held in enough else 403), held


@pytest.mark.parametrize(
    ("scopes", "defines"),
    [({Scope.STATEMENTS_WRITE}, False), ({Scope.STATEMENTS_WRITE, Scope.DEFINE}, True), ({Scope.ALL}, True)],
)
def test_only_who_may_define_does(client: Client, scopes: set[Scope], defines: bool) -> None:
    log = client.parts.log
    position = log.end(STATEMENTS)
    assert client.ask(frozenset(scopes), "POST", "/xAPI/statements", json=answered()).status_code == 200
    (record,) = log.read(STATEMENTS, position, 1)
    assert Bundle.decode(record.value).defines is defines


def test_a_data_folder_is_all_that_documents_need(tmp_path: Path) -> None:
    client = Client(tmp_path, "clickhouse://nobody:x@127.0.0.1:1/nothing")
    assert ask(client, "PUT", STATE, Scope.STATE) == 204
    assert ask(client, "GET", CANONICAL, Scope.ALL) == 503
    client.close()
    assert (tmp_path / "documents.db").exists()
