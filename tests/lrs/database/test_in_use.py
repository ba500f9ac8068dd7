"""Files that are removed or replaced while they are in use: nothing more is acknowledged, and no new file is made."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lrs.attachments.folder import FolderAttachments
from lrs.auth.credentials import Credentials, embedded_url
from lrs.cmi5.sessions import Sessions
from lrs.database.in_use import FileGone
from lrs.documents.store import Content, DocumentAddress, Documents, Shelf
from lrs.log import Entry, Id
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


@pytest.mark.parametrize("change", [removed, replaced, folder_removed, journal_removed])
def test_the_log_acknowledges_nothing_more(change: Change, tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log")
    log.append(TOPIC, Entry("k", b"before"))
    change(tmp_path / "log" / f"{TOPIC}.db")
    for _ in range(2):
        with pytest.raises(FileGone, match=rf"{TOPIC}.db.* was removed or replaced while it was in use"):
            log.append(TOPIC, Entry("k", b"after"))
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
        lambda: log.find(TOPIC, Id("t", "6f0a25d1-3ad4-4ac1-8ad9-1b2c3d4e5f60")),
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
    assert [one.value for one in again.read(TOPIC, 0, 9)][0::2] == [b"before", b"after"]
    again.close()


@pytest.mark.parametrize("change", [removed, replaced])
def test_the_databases_answer_and_keep_nothing_more(change: Change, tmp_path: Path) -> None:
    credentials = Credentials(embedded_url(tmp_path))
    credentials.add("k", "s")
    assert credentials.verify(basic("k", "s")) is not None
    documents = Documents(f"sqlite:///{tmp_path}/documents.db")
    documents.change(ADDRESS, lambda _: Content(b"x", "text/plain"))
    sessions = Sessions(f"sqlite:///{tmp_path}/sessions.db")
    for name in ("credentials", "documents", "sessions"):
        change(tmp_path / f"{name}.db")
    for ask in (
        lambda: credentials.known(basic("k", "s")),
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
