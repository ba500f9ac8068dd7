"""Files that are removed or replaced while they are in use: nothing more is acknowledged, and no new file is made."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import event, text

from lrs.accounts.accounts import Accounts
from lrs.accounts.roles import PersonRole
from lrs.attachments.folder import FolderAttachments
from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.cmi5.sessions import Sessions
from lrs.database.connection import check_databases, open_engine
from lrs.database.in_use import FileGone
from lrs.documents.store import Content, DocumentAddress, Documents, Shelf
from lrs.log import Entry, UniqueId
from lrs.log.sqlite import SqliteLog
from tests.support.basic import basic

TOPIC = "statements"
ADDRESS = DocumentAddress(Shelf("t", "state", "https://a.example", "agent"), "n")
Change = Callable[[Path], None]


def removed(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_suffix(".copy"))
    os.replace(path.with_suffix(".copy"), path)


def folder_removed(path: Path) -> None:
    shutil.rmtree(path.parent)


def journal_removed(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


def journal_replaced(path: Path) -> None:
    replaced(path.with_name(path.name + "-wal"))


def index_removed(path: Path) -> None:
    path.with_name(path.name + "-shm").unlink()


def journals_removed(path: Path) -> None:
    journal_removed(path)
    index_removed(path)


JOURNALS = [journal_removed, journal_replaced, index_removed, journals_removed]


@pytest.mark.parametrize("change", [removed, replaced, folder_removed, *JOURNALS])
def test_the_log_acknowledges_nothing_more(change: Change, tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log")
    log.append(TOPIC, Entry("k", b"before"))
    change(tmp_path / "log" / f"{TOPIC}.db")
    for _ in range(2):
        with pytest.raises(FileGone, match=rf"{TOPIC}.db.* was removed or replaced while it was in use"):
            log.append(TOPIC, Entry("k", b"after"))
    log.close()


@pytest.mark.parametrize("change", JOURNALS)
@pytest.mark.parametrize("topic", ["statements", "observations", "catalog"])
def test_a_log_that_was_only_read_appends_nothing_beside_its_journal(
    topic: str, change: Change, tmp_path: Path
) -> None:
    first = SqliteLog(tmp_path / "log")
    first.append(topic, Entry("k", b"before"))
    first.close()
    log = SqliteLog(tmp_path / "log")
    assert log.end(topic) == 1  # no writer yet: the first append opens one
    change(tmp_path / "log" / f"{topic}.db")
    with pytest.raises(FileGone, match=rf"{topic}.db-.* was removed or replaced while it was in use"):
        log.append(topic, Entry("k", b"after"))
    with pytest.raises(FileGone):
        log.check()
    log.close()
    again = SqliteLog(tmp_path / "log")
    assert [one.value for one in again.read(topic, 0, 9)] == [b"before"]  # what was refused is not there
    again.check()
    again.close()


@pytest.mark.parametrize("change", [removed, *JOURNALS])
def test_positions_are_kept_in_no_other_file(change: Change, tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log")
    log.commit("group", TOPIC, 1)
    change(tmp_path / "log" / "positions.db")
    for ask in (lambda: log.commit("group", TOPIC, 2), lambda: log.committed("group", TOPIC), log.check):
        with pytest.raises(FileGone, match=r"positions\.db"):
            ask()
    log.close()


@pytest.mark.parametrize("change", [removed, replaced, folder_removed])
def test_the_log_answers_nothing_from_a_file_that_is_gone(change: Change, tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log")
    log.append(TOPIC, Entry("k", b"before"))
    assert log.end(TOPIC) == 1
    change(tmp_path / "log" / f"{TOPIC}.db")
    for ask in (
        lambda: log.read(TOPIC, 0, 1),
        lambda: log.end(TOPIC),
        lambda: log.find(TOPIC, UniqueId("t", "6f0a25d1-3ad4-4ac1-8ad9-1b2c3d4e5f60")),
        lambda: log.identity(TOPIC),
    ):
        with pytest.raises(FileGone):
            ask()
    assert (change is replaced) == (tmp_path / "log" / f"{TOPIC}.db").exists()
    log.close()


def test_once_it_is_put_back_it_goes_on(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log")
    log.append(TOPIC, Entry("k", b"before"))
    (tmp_path / "log").rename(tmp_path / "away")
    with pytest.raises(FileGone):
        log.append(TOPIC, Entry("k", b"refused"))
    assert not (tmp_path / "log").exists()
    (tmp_path / "away").rename(tmp_path / "log")
    log.append(TOPIC, Entry("k", b"after"))
    log.close()
    again = SqliteLog(tmp_path / "log")
    assert [one.value for one in again.read(TOPIC, 0, 9)] == [b"before", b"after"]
    again.close()


@pytest.mark.parametrize("change", [removed, replaced])
def test_the_databases_answer_and_keep_nothing_more(change: Change, tmp_path: Path) -> None:
    credentials = Credentials(embedded_credentials_url(tmp_path))
    credentials.add("k", "s")
    assert credentials.verify(basic("k", "s")) is not None
    documents = Documents(f"sqlite:///{tmp_path}/documents.db")
    documents.change(ADDRESS, lambda _: Content(b"x", "text/plain"))
    sessions = Sessions(f"sqlite:///{tmp_path}/sessions.db")
    for name in ("credentials", "documents", "sessions"):
        change(tmp_path / f"{name}.db")
    for ask in (
        lambda: credentials.verified_before(basic("k", "s")),
        lambda: credentials.verify(basic("k", "s")),
        lambda: credentials.revoke("k"),
        lambda: credentials.add("other", "s"),
        lambda: documents.get(ADDRESS),
        lambda: documents.change(ADDRESS, lambda _: Content(b"y", "text/plain")),
        lambda: sessions.registration("t", "r"),
    ):
        with pytest.raises(FileGone, match="was removed or replaced while it was in use"):
            ask()
    for name in ("credentials", "documents", "sessions"):
        assert (tmp_path / f"{name}.db").exists() == (change is replaced)
    for part in (credentials, documents, sessions):
        part.close()


class Part(Protocol):
    def close(self) -> None: ...


def kept_credentials(data: Path) -> tuple[Part, list[Callable[[], object]]]:
    credentials = Credentials(embedded_credentials_url(data))
    credentials.add("k", "s")
    credentials.verify(basic("k", "s"))
    return credentials, [lambda: credentials.add("l", "s"), lambda: credentials.verified_before(basic("k", "s"))]


def kept_documents(data: Path) -> tuple[Part, list[Callable[[], object]]]:
    documents = Documents(f"sqlite:///{data}/documents.db")
    documents.change(ADDRESS, lambda _: Content(b"x", "text/plain"))
    return documents, [lambda: documents.change(ADDRESS, lambda _: Content(b"y", "text/plain"))]


def kept_sessions(data: Path) -> tuple[Part, list[Callable[[], object]]]:
    sessions = Sessions(f"sqlite:///{data}/sessions.db")
    return sessions, [lambda: sessions.registration("t", "r")]


def kept_accounts(data: Path) -> tuple[Part, list[Callable[[], object]]]:
    accounts = Accounts(f"sqlite:///{data}/accounts.db")
    return accounts, [lambda: accounts.add("t", "n", PersonRole.OPERATOR)]


@pytest.mark.parametrize("change", JOURNALS)
@pytest.mark.parametrize("name", ["credentials", "documents", "sessions", "accounts"])
def test_the_databases_keep_nothing_beside_their_journals(name: str, change: Change, tmp_path: Path) -> None:
    part, asks = globals()[f"kept_{name}"](tmp_path)
    try:
        check_databases()
        change(tmp_path / f"{name}.db")
        for ask in (*asks, check_databases):
            with pytest.raises(FileGone, match=rf"{name}.db-.* was removed or replaced while it was in use"):
                ask()
    finally:
        part.close()
    check_databases()


def test_what_is_committed_as_its_journal_goes_is_not_acknowledged(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/a.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE a (b)"))

    def lose(*_: object) -> None:  # between the look before the commit, and the commit
        journals_removed(tmp_path / "a.db")

    event.listen(engine, "commit", lose)
    with pytest.raises(FileGone), engine.begin() as connection:
        connection.execute(text("INSERT INTO a VALUES (1)"))
    engine.dispose()


def test_a_database_that_nobody_had_open_has_other_journals_then(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/a.db")
    for _ in range(3):
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS a (b)"))
        check_databases()
        engine.dispose()
        assert not (tmp_path / "a.db-wal").exists()


def test_many_threads_open_and_close_a_database_that_stays(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/a.db")
    failures: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(30):
                with engine.begin() as connection:
                    connection.execute(text("SELECT 1"))
                engine.dispose()
        except Exception as error:  # noqa: BLE001 - of a thread: seen below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert failures == []


def test_attachments(tmp_path: Path) -> None:
    folder = FolderAttachments(tmp_path / "attachments")
    sha2 = hashlib.sha256(b"essay").hexdigest()
    incoming = folder.receive(sha2)
    incoming.write(b"essay")
    late = folder.receive(sha2)
    late.write(b"essay")
    incoming.keep("t", "k")
    assert folder.size("t", "k", sha2) == 5
    shutil.rmtree(tmp_path / "attachments")
    for ask in (
        lambda: folder.size("t", "k", sha2),
        lambda: folder.receive(sha2),
        lambda: late.keep("t", "k"),
    ):
        with pytest.raises(FileGone, match="attachments was removed or replaced"):
            ask()
    assert not (tmp_path / "attachments").exists()
