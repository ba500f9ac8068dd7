"""What documents do, whichever database they are in."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine

from lrs.database.connection import DatabaseUnavailable
from lrs.documents.store import Content, Document, DocumentAddress, Documents, Shelf, embedded_documents_url
from lrs.errors import Full
from tests.support import postgres

WRITERS = 24
DATABASES = ["sqlite", "postgresql"]


class Clock:
    """A clock that a test moves, in µs."""

    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module", params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database, shared: each test works in a tenant of its own."""
    if request.param == "sqlite":
        yield embedded_documents_url(tmp_path_factory.mktemp("documents"))
        return
    with postgres.running() as found:
        yield found


@pytest.fixture
def documents(url: str, clock: Clock) -> Iterator[Documents]:
    found = Documents(url, clock)
    yield found
    found.close()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(f"tenant-{uuid.uuid4()}", "state", "https://x.example/a", "mbox:mailto:a@x.example")


def put(documents: Documents, address: DocumentAddress, data: bytes = b"{}", media: str = "application/json") -> None:
    documents.change(address, lambda _: Content(data, media))


def remove(documents: Documents, address: DocumentAddress) -> None:
    documents.change(address, lambda _: None)


class Lost(Exception):
    """A writer's condition did not hold."""


def test_bytes_and_type_come_back_as_they_went_in(documents: Documents, shelf: Shelf, clock: Clock) -> None:
    data = bytes(range(256)) * 4000
    put(documents, DocumentAddress(shelf, "ключ\n'\"%"), data, 'image/x-odd; name="ß"')
    found = documents.get(DocumentAddress(shelf, "ключ\n'\"%"))
    assert found is not None
    assert found.content == Content(data, 'image/x-odd; name="ß"')
    assert (found.etag, found.updated) == (hashlib.sha1(data).hexdigest(), clock.now)


def test_an_empty_document_is_a_document(documents: Documents, shelf: Shelf) -> None:
    put(documents, DocumentAddress(shelf, "empty"), b"")
    found = documents.get(DocumentAddress(shelf, "empty"))
    assert found is not None
    assert found.content.data == b""


def test_what_was_put_stands_after_the_database_is_opened_again(documents: Documents, shelf: Shelf, url: str) -> None:
    put(documents, DocumentAddress(shelf, "one"), b"first")
    again = Documents(url)
    found = again.get(DocumentAddress(shelf, "one"))
    again.close()
    assert found is not None
    assert found.content.data == b"first"


def test_a_change_sees_what_stands_and_replaces_it(documents: Documents, shelf: Shelf) -> None:
    address, seen = DocumentAddress(shelf, "one"), []

    def decide(standing: Document | None) -> Content:
        seen.append(standing.content.data if standing else None)
        return Content(str(len(seen)).encode(), "text/plain")

    for _ in range(3):
        documents.change(address, decide)
    assert seen == [None, b"1", b"2"]


def test_what_a_decision_raises_changes_nothing(documents: Documents, shelf: Shelf) -> None:
    put(documents, DocumentAddress(shelf, "one"), b"first")

    def decide(_: Document | None) -> Content:
        raise Lost

    with pytest.raises(Lost):
        documents.change(DocumentAddress(shelf, "one"), decide)
    found = documents.get(DocumentAddress(shelf, "one"))
    assert found is not None
    assert found.content.data == b"first"


def test_deleting(documents: Documents, shelf: Shelf) -> None:
    put(documents, DocumentAddress(shelf, "one"))
    for _ in range(2):
        remove(documents, DocumentAddress(shelf, "one"))
        assert documents.get(DocumentAddress(shelf, "one")) is None


def test_every_part_of_an_address_counts(documents: Documents, shelf: Shelf) -> None:
    places = [
        DocumentAddress(shelf, "one"),
        DocumentAddress(shelf, "One"),
        DocumentAddress(shelf, "one", "11111111-1111-1111-1111-111111111111"),
        DocumentAddress(Shelf(shelf.tenant + "x", shelf.kind, shelf.activity, shelf.agent), "one"),
        DocumentAddress(Shelf(shelf.tenant, "agent profile", shelf.activity, shelf.agent), "one"),
        DocumentAddress(Shelf(shelf.tenant, shelf.kind, shelf.agent, shelf.activity), "one"),
        DocumentAddress(Shelf(shelf.tenant, shelf.kind, shelf.activity), "one"),
    ]
    for number, place in enumerate(places):
        put(documents, place, str(number).encode())
    found = [documents.get(place) for place in places]
    assert [d.content.data for d in found if d] == [str(n).encode() for n in range(len(places))]
    remove(documents, places[0])
    assert [documents.get(place) is None for place in places] == [True] + [False] * (len(places) - 1)


def test_addresses_longer_than_an_index_takes(documents: Documents, shelf: Shelf) -> None:
    long = Shelf(shelf.tenant, shelf.kind, f"https://x.example/{uuid.uuid4().hex * 1000}", shelf.agent)
    put(documents, DocumentAddress(long, "n" * 50_000), b"far")
    assert documents.listed(long).names == ["n" * 50_000]


def test_listing_by_registration_and_time(documents: Documents, shelf: Shelf, clock: Clock) -> None:
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    for clock.now, name, registration in ((10, "a", one), (20, "b", two), (30, "c", ""), (40, "a", two)):
        put(documents, DocumentAddress(shelf, name, registration))
    listed = documents.listed
    assert (listed(shelf).names, listed(shelf).updated) == (["a", "b", "c"], 40)
    assert listed(shelf, registration=two).names == ["a", "b"]
    assert listed(shelf, since=20).names == ["a", "c"]  # later than, so not b
    assert listed(shelf, registration=one, since=10).names == []
    assert listed(shelf, registration=one, since=9).updated == 10
    clock.now = 50
    put(documents, DocumentAddress(shelf, "b", two))
    assert listed(shelf, since=40).names == ["b"]
    assert listed(Shelf("nobody's", shelf.kind, shelf.activity, shelf.agent)).names == []


def test_clearing_a_shelf_leaves_the_others(documents: Documents, shelf: Shelf) -> None:
    registration = str(uuid.uuid4())
    other = Shelf(f"{shelf.tenant}-other", shelf.kind, shelf.activity, shelf.agent)
    for place in (
        DocumentAddress(shelf, "a"),
        DocumentAddress(shelf, "b", registration),
        DocumentAddress(shelf, "c"),
        DocumentAddress(other, "a"),
    ):
        put(documents, place)
    documents.clear(shelf, registration)
    assert documents.listed(shelf).names == ["a", "c"]
    documents.clear(shelf)
    assert documents.listed(shelf).names == []
    assert documents.listed(other).names == ["a"]


def race(url: str, work: Callable[[Documents, int], bytes | None]) -> list[bytes]:
    """What those writers did that won, each with a connection of its own, all let go at once."""
    start = threading.Barrier(WRITERS)
    opened = [Documents(url) for _ in range(WRITERS)]

    def run(number: int) -> bytes | None:
        start.wait()
        try:
            return work(opened[number], number)
        except Lost:
            return None

    try:
        with ThreadPoolExecutor(WRITERS) as pool:
            return [won for won in pool.map(run, range(WRITERS)) if won is not None]
    finally:
        for each in opened:
            each.close()


def stands(documents: Documents, address: DocumentAddress) -> bytes:
    found = documents.get(address)
    assert found is not None
    return found.content.data


def test_of_racing_creators_exactly_one_wins(url: str, documents: Documents, shelf: Shelf) -> None:
    for number in range(5):
        address = DocumentAddress(shelf, f"created {number}")

        def create(mine: Documents, writer: int, address: DocumentAddress = address) -> bytes:
            def decide(standing: Document | None) -> Content:
                if standing is not None:
                    raise Lost
                return Content(str(writer).encode(), "text/plain")

            mine.change(address, decide)
            return str(writer).encode()

        won = race(url, create)
        assert len(won) == 1
        assert stands(documents, address) == won[0]


def test_of_racing_replacers_exactly_one_wins(url: str, documents: Documents, shelf: Shelf) -> None:
    address = DocumentAddress(shelf, "replaced")
    put(documents, address, b"start")
    for _ in range(5):
        etag = hashlib.sha1(stands(documents, address)).hexdigest()

        def replace(mine: Documents, writer: int, etag: str = etag) -> bytes:
            data = uuid.uuid4().bytes

            def decide(standing: Document | None) -> Content:
                if standing is None or standing.etag != etag:
                    raise Lost
                return Content(data, "text/plain")

            mine.change(address, decide)
            return data

        won = race(url, replace)
        assert len(won) == 1
        assert stands(documents, address) == won[0]


def test_of_racing_deleters_exactly_one_wins(url: str, documents: Documents, shelf: Shelf) -> None:
    address = DocumentAddress(shelf, "deleted")
    put(documents, address, b"start")

    def take(mine: Documents, writer: int) -> bytes:
        taken: list[bytes] = []

        def decide(standing: Document | None) -> None:
            if standing is None:
                raise Lost
            taken.append(standing.content.data)

        mine.change(address, decide)
        return taken[-1]

    assert race(url, take) == [b"start"]
    assert documents.get(address) is None


def test_no_racing_change_is_lost(url: str, documents: Documents, shelf: Shelf) -> None:
    address = DocumentAddress(shelf, "counted")

    def count(mine: Documents, writer: int) -> bytes:
        for _ in range(4):
            mine.change(address, lambda s: Content(str(int(s.content.data) + 1 if s else 1).encode(), "text/plain"))
        return b"done"

    assert len(race(url, count)) == WRITERS
    assert stands(documents, address) == str(WRITERS * 4).encode()


def test_a_full_disk_is_named_and_keeps_what_stands(tmp_path: Path, shelf: Shelf) -> None:
    def small(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA max_page_count=64")  # of 4 KiB

    event.listen(Engine, "connect", small)
    try:
        documents = Documents(embedded_documents_url(tmp_path))
        put(documents, DocumentAddress(shelf, "small"), b"x")
        with pytest.raises(Full):
            put(documents, DocumentAddress(shelf, "large"), b"x" * (1 << 20))
        assert documents.listed(shelf).names == ["small"]
        remove(documents, DocumentAddress(shelf, "small"))
        assert documents.listed(shelf).names == []
        documents.close()
    finally:
        event.remove(Engine, "connect", small)


def test_a_database_that_is_not_there_is_named() -> None:
    with pytest.raises(DatabaseUnavailable, match="documents"):
        Documents(embedded_documents_url(Path("/nonexistent/folder")))
    with pytest.raises(DatabaseUnavailable, match="documents"):
        Documents("postgresql+pg8000://pacer@127.0.0.1:1/postgres")


def test_the_keys_of_rows_are_as_they_were_written(documents: Documents, url: str) -> None:
    """Renaming a field of an address would change them, and no document would be found again."""
    shelf = Shelf("t", "state", "https://a.example", "mbox:mailto:a@x.example")
    put(documents, DocumentAddress(shelf, "p", "r"))
    engine = create_engine(url)
    with engine.connect() as connection:
        [(address, of)] = connection.execute(text("SELECT address, shelf FROM documents WHERE tenant = 't'")).all()
    engine.dispose()
    assert bytes(of).hex() == "bca11e574e36b5f8e7ee8a2462d791498e4d477ef64fbc6e942f01065f0aaaa9"
    assert bytes(address).hex() == "1d98f7c6cdd47186608d5ff3a9c191797717d6fbedcf18faf67816ae83dda292"
