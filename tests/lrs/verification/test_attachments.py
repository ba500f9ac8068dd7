"""Attachments that statements name: what is missing, or is not what its sum says, is found by statement and sum."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from lrs.attachments import owner_of
from lrs.attachments.missing import remembered
from lrs.attachments.setting import open_attachments
from lrs.backup.backup import back_up
from lrs.backup.target import BackupFolder
from lrs.cli.doctor import doctor
from lrs.cli.restore import restore
from lrs.cli.verify import verify
from lrs.log import Entry, UniqueId
from lrs.log.sqlite import SqliteLog
from lrs.processes.runtime import Runtime
from lrs.verification.attachments import AttachmentCheck
from schemas.record import STATEMENTS, Bundle
from tests.support.attachments import attachment
from tests.support.statements import answered

TENANT, SENDER = "school", "tool"


class School:
    """A folder with a log and attachments."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = SqliteLog(data / "log")

    def send(self, *contents: bytes, kept: bool = True, address: bool = False, inside: bool = False) -> str:
        """A statement with attachments, whose data comes with it where it is `kept`."""
        statement: dict[str, Any] = answered("l")
        listed = [attachment(content) | ({"fileUrl": "https://x.example/1"} if address else {}) for content in contents]
        (statement["object"] if inside else statement)["attachments"] = listed
        self.append([statement], [listed_attachment["sha2"] for listed_attachment in listed] if kept else [])
        for content in contents if kept else ():
            incoming = open_attachments(self.data, None).receive(hashlib.sha256(content).hexdigest())
            incoming.write(content)
            incoming.keep(TENANT, owner_of(SENDER))
        return str(statement["id"])

    def append(self, statements: Sequence[dict[str, Any]], kept: list[str]) -> None:
        ids = [str(statement["id"]) for statement in statements]
        raw = [orjson.dumps(statement) for statement in statements]
        bundle = Bundle(TENANT, SENDER, 1, 0, ids, raw, kept=kept or None)
        self.log.append(STATEMENTS, Entry(ids[0], bundle.encode(), len(ids), [UniqueId(TENANT, id_) for id_ in ids]))

    def file(self, content: bytes) -> Path:
        sha2 = hashlib.sha256(content).hexdigest()
        [path] = (self.data / "attachments").rglob(sha2)
        return path

    def look(self, sample: int | None) -> tuple[int, list[str]]:
        """How many were looked for, and what is said of those that are wrong."""
        finding = AttachmentCheck(self.log, open_attachments(self.data, None)).verify(sample)
        assert len(finding.examples) == finding.wrong
        return finding.checked, finding.examples


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    new_school = School(tmp_path / "data")
    yield new_school
    new_school.log.close()


def said(id_: str, content: bytes, wrong: str) -> str:
    return f"statement {id_} of {TENANT}: attachment {hashlib.sha256(content).hexdigest()} is {wrong}"


def test_what_is_whole_is_said_to_be(school: School) -> None:
    school.send(b"an essay", b"a drawing")
    school.send(b"inside", inside=True)
    school.send(b"elsewhere", kept=False, address=True)  # its data never came
    school.log.append(STATEMENTS, Entry("x", b"no record"))  # a dead letter
    wrong_length = answered("l") | {"attachments": [attachment(b"an essay") | {"length": 3}]}
    school.append([wrong_length], [attachment(b"an essay")["sha2"]])  # senders do; the hash vouches for the data
    for sample in (0, 1, 200, None):
        assert school.look(sample) == (4, []), sample


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("address", [False, True])
def test_what_is_missing_is_named(school: School, inside: bool, address: bool) -> None:
    """Also where the data has an address, too: it was taken in, and who asks for it gets it no more."""
    school.send(b"other")
    id_ = school.send(b"an essay", address=address, inside=inside)
    school.file(b"an essay").unlink()
    assert school.look(0) == (2, [said(id_, b"an essay", "missing")])


def test_data_that_nobody_took_in_and_nothing_leads_to_is_missing(school: School) -> None:
    id_ = school.send(b"an essay", kept=False)
    assert school.look(0) == (1, [said(id_, b"an essay", "missing")])


def test_what_is_cut_is_found_without_reading_all(school: School) -> None:
    id_ = school.send(b"an essay")
    for n in range(20):
        school.send(b"%d" % n)
    path = school.file(b"an essay")
    path.write_bytes(path.read_bytes()[:-1])
    assert school.look(0) == (21, [said(id_, b"an essay", "not what its hash says")])


def test_a_changed_bit_is_found_by_whoever_reads(school: School) -> None:
    id_ = school.send(b"an essay")
    path = school.file(b"an essay")
    path.write_bytes(b"An essay")
    assert school.look(0) == (1, [])
    for sample in (1, None):
        assert school.look(sample) == (1, [said(id_, b"an essay", "not what its hash says")])


def test_the_sample_is_drawn_from_all(school: School) -> None:
    for n in range(12):
        school.send(b"essay %d" % n)
    read: set[str] = set()
    for n in range(12):
        path = school.file(b"essay %d" % n)
        path.write_bytes(b"Essay %d" % n)
    for _ in range(60):
        checked, examples = school.look(3)
        assert (checked, len(examples)) == (12, 3)
        read.update(examples)
    assert len(read) == 12


def test_a_restore_without_all_attachments_says_which_are_missing(school: School, tmp_path: Path) -> None:
    """So does the doctor until they are there again, and a backup that has them brings them back."""
    here, there = school.send(b"here"), school.send(b"an essay")
    back_up(Runtime(school.data), BackupFolder(tmp_path / "backup"))
    back_up(Runtime(school.data), BackupFolder(tmp_path / "whole"))
    sha2 = hashlib.sha256(b"an essay").hexdigest()
    [copy] = (tmp_path / "backup" / "attachments").rglob(sha2)
    copy.unlink()
    other = tmp_path / "other"
    to = ["--data", os.fspath(other)]
    done = CliRunner().invoke(restore, [os.fspath(tmp_path / "backup"), "--incomplete", *to])
    assert done.exit_code == 0, done.output
    assert f"missing: attachment {sha2} of statement {there} of {TENANT}" in done.output
    assert here not in done.output

    def doctors() -> tuple[bool, str]:
        findings = orjson.loads(CliRunner().invoke(doctor, [*to, "--json"]).stdout)
        [of_attachments] = [finding for finding in findings if finding["part"] == "attachments"]
        return of_attachments["ok"], of_attachments["found"]

    assert doctors() == (False, f"missing: attachment {sha2} of statement {there} of {TENANT}")
    repaired = CliRunner().invoke(verify, ["--log-only", "--repair", os.fspath(tmp_path / "whole"), *to])
    assert repaired.exit_code == 0, repaired.output
    assert doctors()[0]
    assert School(other).look(None) == (2, [])


def test_a_restore_without_all_attachments_that_is_cut_short_says_which_are_missing_all_the_same(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = school.send(b"an essay")
    back_up(Runtime(school.data), BackupFolder(tmp_path / "backup"))
    sha2 = hashlib.sha256(b"an essay").hexdigest()
    [copy] = (tmp_path / "backup" / "attachments").rglob(sha2)
    copy.unlink()
    other = tmp_path / "other"
    words = [os.fspath(tmp_path / "backup"), "--incomplete", "--data", os.fspath(other)]

    def cut_short(data: Path) -> None:
        (data / "restoring" / "whole").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr("lrs.backup.restore.move", cut_short)
        assert CliRunner().invoke(restore, words).exit_code == 1
    finished = CliRunner().invoke(restore, words)
    assert (finished.exit_code, "is finished now" in finished.output) == (3, True)
    [missing] = remembered(other, lambda: open_attachments(other, None))
    assert (missing.sha2, missing.statement) == (sha2, statement)


def test_the_log_says_whose_data_came(tmp_path: Path) -> None:
    statement_id = str(uuid.uuid4())
    bundle = Bundle(TENANT, SENDER, 1, 0, [statement_id], [b"{}"], kept=["ab"])
    assert Bundle.decode(bundle.encode()) == bundle
    assert Bundle.decode(bundle.part([0]).encode()).kept == ["ab"]
    assert b"kept" not in Bundle(TENANT, SENDER, 1, 0, [statement_id], [b"{}"]).encode()
