"""What a folder and an object store both promise as a store of attachments."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lrs.attachments import AttachmentKey, Attachments, AttachmentsUnavailable
from lrs.attachments.setting import open_attachments, parse_bucket
from tests.support.objects import BUCKET, ObjectStore

LARGE = os.urandom(1 << 20) * 12 + b"end"  # more than one part of an upload


@pytest.fixture(params=["folder", "objects"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Attachments]:
    """Opens the test's store, again each time."""
    setting = None
    if request.param == "objects":
        request.getfixturevalue("objects")
        setting = f"s3://{BUCKET}/{uuid.uuid4()}/prefix"
    return lambda: open_attachments(tmp_path, setting)


@pytest.fixture
def attachments(reopen: Callable[[], Attachments]) -> Attachments:
    return reopen()


def sent(attachments: Attachments, data: bytes, tenant: str = "t", owner: str = "k", algorithm: str = "sha256") -> str:
    """Take data in, whole, and keep it."""
    sha2 = hashlib.new(algorithm, data).hexdigest()
    incoming = attachments.receive(sha2)
    for start in range(0, len(data), 50_000):
        incoming.write(data[start : start + 50_000])
    assert incoming.whole()
    incoming.keep(tenant, owner)
    return sha2


def got(attachments: Attachments, sha2: str, tenant: str = "t", owner: str = "k") -> bytes:
    return b"".join(attachments.read(tenant, owner, sha2))


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 999, LARGE], ids=["empty", "byte", "small", "large"])
def test_what_went_in_comes_out(attachments: Attachments, data: bytes) -> None:
    sha2 = sent(attachments, data)
    assert attachments.size("t", "k", sha2) == len(data)
    assert got(attachments, sha2) == data
    assert got(attachments, sha2.upper()) == data


@pytest.mark.parametrize("algorithm", ["sha224", "sha256", "sha384", "sha512"])
def test_every_sum_of_the_family(attachments: Attachments, algorithm: str) -> None:
    assert got(attachments, sent(attachments, b"data", algorithm=algorithm)) == b"data"


@pytest.mark.parametrize("sha2", ["", "abc", "g" * 64, "../" * 21 + "x", "a" * 65])
def test_what_is_no_sum_is_refused(attachments: Attachments, sha2: str) -> None:
    with pytest.raises(ValueError, match="SHA-2"):
        attachments.receive(sha2)


def test_pieces_are_small(attachments: Attachments) -> None:
    sha2 = sent(attachments, LARGE)
    assert max(len(piece) for piece in attachments.read("t", "k", sha2)) <= 2 << 20


def test_another_sum_is_told_and_nothing_is_kept(attachments: Attachments, tmp_path: Path) -> None:
    sha2 = hashlib.sha256(b"said").hexdigest()
    incoming = attachments.receive(sha2)
    incoming.write(b"sent")
    assert not incoming.whole()
    assert incoming.content(100) == b"sent"
    incoming.discard()
    assert attachments.size("t", "k", sha2) is None
    assert files(tmp_path) == []


def test_what_is_not_kept_yet_is_not_found(attachments: Attachments) -> None:
    incoming = attachments.receive(hashlib.sha256(b"data").hexdigest())
    incoming.write(b"data")
    assert attachments.size("t", "k", incoming.sha2) is None
    incoming.keep("t", "k")
    assert attachments.size("t", "k", incoming.sha2) == 4


def test_survives_a_restart(reopen: Callable[[], Attachments]) -> None:
    sha2 = sent(reopen(), b"data")
    assert got(reopen(), sha2) == b"data"


@pytest.mark.parametrize("tenant", ["a/b", "..", "höhe", "%2F", "a b"])
def test_tenants_see_their_own_alone(attachments: Attachments, tenant: str) -> None:
    sha2 = sent(attachments, b"data", tenant)
    assert got(attachments, sha2, tenant) == b"data"
    for other in ("t", "a", "tenant-a", "%252F"):
        assert attachments.size(other, "k", sha2) is None


@pytest.mark.parametrize("owner", ["a/b", "höhe", "f" * 32])
def test_credentials_reach_what_they_brought_alone(attachments: Attachments, owner: str) -> None:
    sha2 = sent(attachments, b"data", owner=owner)
    assert got(attachments, sha2, owner=owner) == b"data"
    for other in ("k", owner[:-1], owner.upper() + "x"):
        assert attachments.size("t", other, sha2) is None


def test_racing_keepers_of_the_same_data(attachments: Attachments, tmp_path: Path) -> None:
    data = LARGE[: 6 << 20]
    with ThreadPoolExecutor(6) as pool:
        (sha2,) = set(pool.map(lambda _: sent(attachments, data), range(6)))
    assert got(attachments, sha2) == data
    assert [path for path in files(tmp_path) if path.name.startswith("incoming-")] == []


def test_a_folder_keeps_it_once(tmp_path: Path) -> None:
    attachments = open_attachments(tmp_path, None)
    sent(attachments, b"data")
    (first,) = files(tmp_path)
    number = first.stat().st_ino
    sent(attachments, b"data")
    assert [path.stat().st_ino for path in files(tmp_path)] == [number]


def test_what_a_killed_process_left_goes_after_a_day(tmp_path: Path) -> None:
    open_attachments(tmp_path, None).receive("a" * 64)
    (old,) = files(tmp_path)
    fresh = open_attachments(tmp_path, None).receive("b" * 64)
    os.utime(old, (0, 0))
    again = open_attachments(tmp_path, None)
    assert len(files(tmp_path)) == 1
    fresh.keep("t", "k")
    assert again.size("t", "k", "b" * 64) == 0


def test_objects_keep_it_once(object_store: ObjectStore, tmp_path: Path) -> None:
    attachments = open_attachments(tmp_path, f"s3://{BUCKET}/some/prefix")
    sha2 = sent(attachments, b"data")
    sent(attachments, b"data")
    assert object_store.keys() == [f"some/prefix/{AttachmentKey('t', 'k', sha2).path()}"]
    assert files(tmp_path) == []


def test_a_store_that_is_gone_says_so(object_store: ObjectStore, tmp_path: Path) -> None:
    attachments = open_attachments(tmp_path, f"s3://{BUCKET}")
    sha2 = sent(attachments, b"data")
    object_store.stop()
    incoming = attachments.receive(hashlib.sha256(b"more").hexdigest())
    incoming.write(b"more")
    with pytest.raises(AttachmentsUnavailable):
        incoming.keep("t", "k")
    incoming.discard()
    with pytest.raises(AttachmentsUnavailable):
        attachments.size("t", "k", sha2)
    with pytest.raises(AttachmentsUnavailable):
        got(attachments, sha2)
    assert files(tmp_path) == []


def test_a_bucket_that_does_not_exist_says_so(objects: ObjectStore, tmp_path: Path) -> None:
    attachments = open_attachments(tmp_path, "s3://nowhere")
    with pytest.raises(AttachmentsUnavailable):
        sent(attachments, LARGE)


@pytest.mark.parametrize("url", ["bucket", "http://host/bucket", "s3://", "s3:///x", "s3://bucket?x=1", "gs://bucket"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ValueError, match="s3://"):
        parse_bucket(url)


def test_parts_of_an_address() -> None:
    assert parse_bucket("s3://bucket") == parse_bucket("s3://bucket/") == ("bucket", "")
    assert parse_bucket("s3://bucket/a/b/") == ("bucket", "a/b")
