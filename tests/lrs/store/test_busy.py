"""What asks a ClickHouse that has as many queries as it takes: work waits, and a person gets an answer at once."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from lrs.engine.connect import connect_url
from lrs.engine.http import MOST_QUERIES
from lrs.processes.runtime import STAGE_SECONDS, WORK_SECONDS, Runtime
from lrs.store import client
from lrs.store.client import OutOfMemory, Store, StoreUnavailable
from tests.support.engine import running
from tests.support.eventually import eventually


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("engine")
    with running(folder):
        yield folder


@contextmanager
def full(data: Path) -> Iterator[None]:
    """An engine in which as many queries are under way as it takes: each has sent what it is, and not what it asks."""
    asked = urlsplit(connect_url(data))
    login = base64.b64encode(f"{asked.username}:{asked.password}".encode()).decode()
    head = f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {login}\r\nContent-Length: 9\r\n\r\n".encode()
    quick = Runtime(data).answering_store()
    with ExitStack() as opened:

        def hold() -> None:
            opened.enter_context(socket.create_connection((asked.hostname, asked.port))).sendall(head)

        def is_full() -> bool:
            hold()  # one may have been refused for a question of this
            try:
                quick.tuples("SELECT 1", {})
            except StoreUnavailable:
                return True
            return False

        for _ in range(MOST_QUERIES):
            hold()
        eventually(is_full)
        yield


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each time that somebody found it full."""
    found: list[int] = []
    pause = client.Patience.pause

    def note(patience: client.Patience, failed: int) -> float:
        found.append(failed)
        return pause(patience, failed)

    monkeypatch.setattr(client.Patience, "pause", note)
    return found


def has_waited(data: Path, pauses: list[int], do: Callable[[], object]) -> object:
    """What is done in the end, once it was seen to wait."""
    with ThreadPoolExecutor(1) as pool:
        with full(data):
            pauses.clear()
            done = pool.submit(do)
            eventually(lambda: done.done() or len(pauses) > 0)
            assert not done.done()
        return done.result()


@pytest.mark.parametrize("seconds", [STAGE_SECONDS, WORK_SECONDS])
@pytest.mark.parametrize("store_of", [Runtime.store, Runtime.answering_store])
@pytest.mark.parametrize("is_connected", [True, False])
def test_a_question_of_work_waits(
    data: Path, pauses: list[int], store_of: Callable[[Runtime, float], Store], seconds: float, is_connected: bool
) -> None:
    store = store_of(Runtime(data), seconds)
    if is_connected:
        store.tuples("SELECT 1", {})
    assert has_waited(data, pauses, lambda: store.tuples("SELECT 2", {})) == [(2,)]


def test_so_does_one_of_a_command_and_to_another_database(data: Path, pauses: list[int]) -> None:
    store = Runtime(data).store().beside("system")
    assert has_waited(data, pauses, lambda: store.tuples("SELECT count() FROM one", {})) == [(1,)]


def test_so_do_rows_that_are_put(data: Path, pauses: list[int]) -> None:
    store = Runtime(data).store()
    store.command("CREATE TABLE put (a UInt64) ENGINE = MergeTree ORDER BY a")
    has_waited(data, pauses, lambda: store.insert("put", ["a"], ["UInt64"], [[1, 2]]))
    assert store.tuples("SELECT a FROM put ORDER BY a", {}) == [(1,), (2,)]


def test_an_insert_that_needs_too_much_memory_is_done_in_halves(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Runtime(data).store()
    store.command("CREATE TABLE halved (a UInt64) ENGINE = MergeTree ORDER BY a")
    insert_at_once, fitting = Store._insert_at_once, 3

    def insert_what_fits(store: Store, *table: Any) -> None:
        columns, patience = table[-2:]
        if len(columns[0]) <= fitting:
            return insert_at_once(store, *table)
        error = OutOfMemory("ClickHouse cannot do it now: MEMORY_LIMIT_EXCEEDED (241)")
        assert patience.is_over(error, 1, 0.0) == (len(columns[0]) > 1)  # more of it is tried again; less is not
        raise error

    monkeypatch.setattr(Store, "_insert_at_once", insert_what_fits)
    store.insert("halved", ["a"], ["UInt64"], [list(range(101))])
    assert store.tuples("SELECT a FROM halved ORDER BY a", {}) == [(n,) for n in range(101)]
    fitting = 0
    with pytest.raises(OutOfMemory):
        store.insert("halved", ["a"], ["UInt64"], [[1, 2, 3]])


def test_what_clickhouse_lacks_is_named_and_nothing_of_the_query(data: Path) -> None:
    store = Runtime(data).store()
    with pytest.raises(OutOfMemory) as raised:
        store.tuples("SELECT groupArray(toString(number) || 'ada@school.example') FROM numbers(100000000)", {})
    assert str(raised.value) == "ClickHouse cannot do it now: MEMORY_LIMIT_EXCEEDED (241)"


@pytest.mark.parametrize("store_of", [Runtime.answering_store, partial(Runtime.store, busy_seconds=0.3)])
def test_a_person_gets_an_answer_at_once_and_nobody_waits_for_ever(
    data: Path, pauses: list[int], store_of: Callable[[Runtime], Store]
) -> None:
    with full(data):
        pauses.clear()
        with pytest.raises(StoreUnavailable, match="TOO_MANY_SIMULTANEOUS_QUERIES"):
            store_of(Runtime(data)).tuples("SELECT 1", {})
    assert len(pauses) == 1 or store_of is not Runtime.answering_store


def test_pauses_stay_short_however_often_it_failed() -> None:
    assert all(0 < client.INSERTING.pause(failed) <= 3 for failed in (1, 20, 2_000))
