"""What credentials do, whichever database they are in."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import Engine

from lrs.auth import credentials as module
from lrs.auth.credentials import (
    BadCredential,
    Credential,
    CredentialExists,
    Credentials,
    ListedCredential,
    embedded_credentials_url,
)
from lrs.auth.limits import Rate
from lrs.auth.scopes import EVERY, Scope
from lrs.database.connection import DatabaseUnavailable
from lrs.errors import UnreadableFile
from tests.support import postgres
from tests.support.basic import basic
from tests.support.server import free_port

DATABASES = ["sqlite", "postgresql"]
READ = frozenset({Scope.STATEMENTS_READ})


@pytest.fixture(scope="module", params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database, shared: each test works with keys of its own."""
    if request.param == "sqlite":
        yield embedded_credentials_url(tmp_path_factory.mktemp("credentials"))
        return
    with postgres.running() as found:
        yield found


@pytest.fixture
def store(url: str) -> Iterator[Credentials]:
    found = Credentials(url)
    yield found
    found.close()


@pytest.fixture
def elsewhere(url: str) -> Iterator[Credentials]:
    """The same credentials as another process has them."""
    found = Credentials(url)
    yield found
    found.close()


@pytest.fixture
def key() -> str:
    return f"k{uuid.uuid4().hex}"


def test_a_secret_opens_and_no_other_does(store: Credentials, key: str) -> None:
    made = store.add(key, "schön: 1", "school")
    assert made == Credential(key, "school", EVERY)
    assert store.verified_before(basic(key, "schön: 1")) is None
    assert store.verify(basic(key, "schön: 1")) == made
    assert store.verified_before(basic(key, "schön: 1")) == made
    for wrong in (
        basic(key, "schön: 2"),
        basic(key, ""),
        basic(f"{key}x", "schön: 1"),
        basic("k" * 256, "s"),
        "Basic !",
        "Basic ü",
        "Basic \u00ff\u00ff",
        "Basic \u00fc==",
        "Basic /w==",
        "Bearer x",
        "",
    ):
        assert store.verify(wrong) is None
        assert store.verified_before(wrong) is None


def test_scopes_name_and_rate_are_kept(store: Credentials, elsewhere: Credentials, key: str) -> None:
    store.add(key, "s", "school", [Scope.STATE, Scope.STATEMENTS_READ_MINE], Rate(2.5, 7), "Quiz")
    wanted = Credential(key, "school", frozenset({Scope.STATE, Scope.STATEMENTS_READ_MINE}), Rate(2.5, 7))
    assert elsewhere.verify(basic(key, "s")) == wanted
    assert elsewhere.get(key) == ListedCredential(wanted, "Quiz", revoked=False)
    assert elsewhere.get(key) in elsewhere.listed()
    store.add(key, "t", "college")  # what `lrs serve --credential` says at each start: the rest stays
    assert elsewhere.verify(basic(key, "t")) == Credential(key, "college", wanted.scopes, Rate(2.5, 7))
    assert store.change(key, unlimited=True)
    assert elsewhere.verified_before(basic(key, "t")) == Credential(key, "college", wanted.scopes)


def test_no_scope_is_not_every_scope(store: Credentials, key: str) -> None:
    store.add(key, "s", scopes=[])
    found = store.verify(basic(key, "s"))
    assert found is not None
    assert found.scopes == frozenset()


CHANGES: list[tuple[str, Callable[[Credentials, str], object], frozenset[Scope] | None]] = [
    ("revoked", lambda store, key: store.revoke(key), None),
    ("re-keyed", lambda store, key: store.rotate(key, "new"), None),
    ("replaced", lambda store, key: store.add(key, "new"), None),
    ("re-scoped", lambda store, key: store.change(key, scopes=READ), READ),
]


@pytest.mark.parametrize(("change", "left"), [(c, s) for _, c, s in CHANGES], ids=[name for name, _, _ in CHANGES])
def test_a_change_elsewhere_counts_at_once(
    store: Credentials,
    elsewhere: Credentials,
    key: str,
    change: Callable[[Credentials, str], object],
    left: frozenset[Scope] | None,
) -> None:
    store.add(key, "old")
    assert store.verify(basic(key, "old")) is not None
    assert store.verified_before(basic(key, "old")) is not None
    change(elsewhere, key)
    found = store.verified_before(basic(key, "old"))
    assert (found and found.scopes) == left
    found = store.verify(basic(key, "old"))
    assert (found and found.scopes) == left


def test_a_revoked_one_is_given_back_by_another_secret(store: Credentials, key: str) -> None:
    store.add(key, "old")
    assert store.revoke(key)
    assert store.verify(basic(key, "old")) is None
    assert store.rotate(key, "new")
    assert store.verify(basic(key, "old")) is None
    assert store.verify(basic(key, "new")) == Credential(key, "default")


def test_what_there_is_not_cannot_change(store: Credentials, key: str) -> None:
    assert not store.revoke(key)
    assert not store.rotate(key, "s")
    assert not store.change(key, name="n")
    assert store.get(key) is None


def test_of_racing_adds_of_a_new_key_one_wins(store: Credentials, elsewhere: Credentials, key: str) -> None:
    def add(number: int) -> bool:
        try:
            (store if number % 2 else elsewhere).add(key, f"s{number}", new=True)
        except CredentialExists:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(add, range(6)))
    assert won.count(True) == 1
    assert store.verify(basic(key, f"s{won.index(True)}")) is not None


@pytest.mark.parametrize(
    ("key", "secret", "tenant"),
    [("", "s", "t"), ("a:b", "s", "t"), ("a\n", "s", "t"), ("k" * 256, "s", "t"), ("k", "", "t"), ("k", "s", "")],
)
def test_bad_ones_are_refused(store: Credentials, key: str, secret: str, tenant: str) -> None:
    with pytest.raises(BadCredential):
        store.add(key, secret, tenant)


def test_a_database_of_before_goes_on(url: str, key: str) -> None:
    """A table without the new columns gets them, from racing processes, too; its credentials may do all, as before."""
    engine = create_engine(url)
    salt = b"0123456789abcdef"
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS credentials"))
        connection.execute(
            text(
                "CREATE TABLE credentials (key VARCHAR(255) NOT NULL PRIMARY KEY, tenant VARCHAR(255) NOT NULL, "
                f"salt {_binary(url)} NOT NULL, hash {_binary(url)} NOT NULL, revoked BOOLEAN NOT NULL)"
            )
        )
        row = {"key": key, "salt": salt, "hash": module.hash_secret("s", salt)}
        connection.execute(text("INSERT INTO credentials VALUES (:key, 'old', :salt, :hash, false)"), row)
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: Credentials(url), range(4)))
    for store in opened:
        assert store.verify(basic(key, "s")) == Credential(key, "old", EVERY)
        store.close()
    names = [column["name"] for column in inspect(engine).get_columns("credentials")]
    assert names == ["key", "tenant", "salt", "hash", "revoked", "scopes", "name", "rate", "burst", "lenient"]
    engine.dispose()


def _binary(url: str) -> str:
    return "BLOB" if url.startswith("sqlite") else "BYTEA"


class Watched:
    """Counts what the check of a secret does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hashed: list[tuple[int, dict[str, Any]]] = []
        self.compared: list[tuple[int, int]] = []
        scrypt, compare = hashlib.scrypt, hmac.compare_digest

        def hashing(password: bytes, *, salt: bytes, **cost: Any) -> bytes:
            self.hashed.append((len(salt), cost))
            return scrypt(password, salt=salt, **cost)

        def comparing(one: bytes, other: bytes) -> bool:
            self.compared.append((len(one), len(other)))
            return compare(one, other)

        monkeypatch.setattr(hashlib, "scrypt", hashing)
        monkeypatch.setattr(hmac, "compare_digest", comparing)


def test_every_check_does_the_same_work(store: Credentials, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One scrypt and one comparison in constant time, of as many bytes: right, wrong, revoked or unknown."""
    store.add(key, "right")
    store.add(f"{key}r", "right")
    store.revoke(f"{key}r")
    cost = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 << 20, "dklen": 32}
    for pair in ((key, "right"), (key, "wrong"), (f"{key}r", "right"), (f"{key}x", "right")):
        watched = Watched(monkeypatch)
        store.verify(basic(*pair))
        assert watched.hashed == [(16, cost)], pair
        assert watched.compared == [(32, 32)], pair
        monkeypatch.undo()


def test_what_stands_is_compared_in_constant_time_each_time(
    store: Credentials, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(key, "s")
    store.verify(basic(key, "s"))
    watched = Watched(monkeypatch)
    assert store.verified_before(basic(key, "s")) is not None
    assert (watched.hashed, watched.compared) == ([], [(32, 32)])


def test_secrets_do_not_stand_in_the_database(url: str, store: Credentials, key: str) -> None:
    store.add(key, "a very long secret")
    engine = create_engine(url)
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM credentials WHERE key = :key"), {"key": key}).one()
    engine.dispose()
    assert b"a very long secret" not in b"".join(bytes(value) for value in row if isinstance(value, bytes | memoryview))
    assert "a very long secret" not in str(row)


@pytest.mark.parametrize("url", DATABASES[1:], indirect=True)
def test_a_request_costs_one_query(store: Credentials, key: str) -> None:
    store.add(key, "s")
    store.verify(basic(key, "s"))
    asked: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        assert store.verified_before(basic(key, "s")) is not None
        assert len(asked) == 1
        assert store.verified_before(basic(key, "other")) is None  # never verified here: nothing to look for
        assert len(asked) == 1
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert not store.quick  # so it is asked in a thread


@pytest.mark.parametrize("url", DATABASES[1:], indirect=True)
def test_a_postgresql_may_restart(url: str, store: Credentials, key: str) -> None:
    store.add(key, "s")
    store.verify(basic(key, "s"))
    _end_connections(url)
    assert store.verified_before(basic(key, "s")) is not None
    _end_connections(url)
    assert store.revoke(key)


def _end_connections(url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        connection.execute(text(f"{others} AND datname = current_database()"))
    engine.dispose()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "credentials.db").write_bytes(b"something else" * 1_000)
    with pytest.raises(UnreadableFile, match="the credentials' database cannot be read: file is not a database"):
        Credentials(embedded_credentials_url(tmp_path))


def test_a_database_that_is_away_is_named() -> None:
    with pytest.raises(DatabaseUnavailable, match="the credentials' database did not answer"):
        Credentials(f"postgresql+pg8000://pacer@127.0.0.1:{free_port()}/postgres")


def test_an_sqlite_file_that_is_broken_is_named(tmp_path: Path) -> None:
    store = Credentials(embedded_credentials_url(tmp_path))
    assert store.quick
    store.add("k", "s")
    store.verify(basic("k", "s"))
    engine = create_engine(embedded_credentials_url(tmp_path))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE credentials"))
    engine.dispose()
    with pytest.raises(DatabaseUnavailable):
        store.verified_before(basic("k", "s"))
    store.close()
