"""Files that others rely on: what a loss of power, a full disk and a second writer leave of them."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs.files import UNFINISHED, LockedFile, replace_file, write_beside


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_for_its_owner_s_eyes_alone_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_bytes(b"old")
    path.chmod(0o644)
    old = os.umask(0)
    try:
        replace_file(path, b"new ", b"content")
    finally:
        os.umask(old)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new content", 0o600)
    assert _names(tmp_path) == ["kept.json"]


def test_content_is_durable_before_its_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order, a loss of power leaves the old file or the new one, and after the return the new one."""
    path, happened = tmp_path / "kept.json", []
    path.write_bytes(b"old")
    fsync = os.fsync

    def note(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            happened.append(("folder", path.read_bytes()))
        else:
            happened.append((os.pread(descriptor, 100, 0).decode(), path.read_bytes()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    replace_file(path, b"new")
    assert happened == [("new", b"old"), ("folder", b"new")]


def test_what_cannot_be_written_leaves_the_old_file_and_no_part_of_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.json"
    path.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    def broken() -> Iterator[bytes]:
        yield b"begun"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_beside(path, broken())
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        replace_file(path, b"new")
    assert (path.read_bytes(), _names(tmp_path)) == (b"old", ["kept.json"])


def test_writers_at_one_time_do_not_write_into_each_other_s_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    both, contents = threading.Barrier(2), [b"a" * 10_000, b"b" * 100]

    def write(content: bytes) -> None:
        def halves() -> Iterator[bytes]:
            half = len(content) // 2
            yield content[:half]
            both.wait(60)  # the other has written half of its own, too
            yield content[half:]

        write_beside(path, halves()).replace(path)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert path.read_bytes() in contents
    assert _names(tmp_path) == ["kept.json"]


def test_what_is_being_written_is_known_by_its_name(tmp_path: Path) -> None:
    beside = write_beside(tmp_path / "kept.json", [b"new"])
    assert (beside.suffix, beside.parent, beside.read_bytes()) == (UNFINISHED, tmp_path, b"new")


def test_what_cannot_take_its_place_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "a", b"x")
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_a_lock_in_whose_place_something_stands_is_said_once_and_made_again_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "some.lock"
    with LockedFile(path) as lock:
        for _ in range(2):
            path.unlink()
            path.mkdir()
            lock.keep()
            lock.keep()
            path.rmdir()
            lock.keep()
            with pytest.raises(BlockingIOError):
                LockedFile(path)
        path.unlink()
        with LockedFile(path), pytest.raises(BlockingIOError):
            lock.keep()
    assert [record.message.split(":")[0] for record in caplog.records] == [f"{path} cannot be kept locked"] * 2
