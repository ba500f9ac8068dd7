"""A loss of power: a server traced by strace, killed, and its folder left as a disk would be that lost its caches.

The model is a journaling file system in its usual mode (ext4, XFS): what was written to a file is on the disk once that
file is synced; before that any part of it may be, or not. Creations, renames and removals are kept in order, and a sync
of anything keeps all before it; what came after the last sync may be lost from any point on.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.support.eventually import LIMIT_SECONDS

_WRITES = ("write", "pwrite64", "writev", "pwritev", "pwritev2", "copy_file_range", "sendfile")
_SYNCS = ("fsync", "fdatasync", "sync", "syncfs")
_OPENS = ("open", "openat", "creat")
_NAMES = ("rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "link", "linkat")
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (\d+)(?:<([^>]*)>)?", re.DOTALL)
_PATH = re.compile(r'(?:\w+<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
_FILE = re.compile(r"\d+<([^>]*)>")
_Known = TypeVar("_Known")


@dataclass
class Lost:
    """What a disk forgot, and how much was seen of what it was told."""

    written: set[str] = field(default_factory=set)  # files, as they were called when they were written
    syncs: int = 0
    files: list[str] = field(default_factory=list)  # that lost something
    names: int = 0  # creations and renames that were lost


class Traced:
    """`lrs serve` on a folder, under strace."""

    def __init__(self, data: Path, trace: Path, arguments: list[str]) -> None:
        self._data, self._trace = data, trace
        self._disk = _Disk(data)
        calls = ",".join([*_WRITES, *_SYNCS, *_OPENS, *_NAMES, "ftruncate"])
        strace = ["strace", "-f", "-y", "-qq", "--seccomp-bpf", "-s", "400", "-e", f"trace={calls}"]
        serve = [sys.executable, "-m", "lrs.cli.main", "serve", "--data", os.fspath(data), *arguments]
        self.process = subprocess.Popen([*strace, "-e", "signal=none", "-o", os.fspath(trace), *serve])

    def lose_power(self, draw: random.Random) -> Lost:
        """End everything at once, and leave the folder as the disk may hold it."""
        # Not strace itself, which writes down what its processes did to the last.
        for pid in list(_descendants(self.process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(LIMIT_SECONDS)
        with self._trace.open(encoding="utf-8", errors="replace") as lines:
            self._disk.follow(lines)
        return self._disk.lose(draw)


def available() -> bool:
    """Whether strace is here, and may trace."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "-qq", "--seccomp-bpf", "true"], capture_output=True).returncode == 0


def _descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from _descendants(child)


class _Disk:
    """What is known of a folder's files from the calls that changed them."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"
        self._unsynced: dict[str, list[tuple[int, int]]] = {}  # by path: (offset, length)
        self._size: dict[str, int] = {}
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                self._size[path] = os.path.getsize(path)
        self._names: list[tuple[str, str, str]] = []  # since the last sync: what was done, from, to
        self._lost = Lost()

    def follow(self, lines: Iterator[str]) -> None:
        """Follow a trace. A write counts when it is over; a sync keeps what was over when it began."""
        begun: dict[str, tuple[str, tuple[dict[str, int], int]]] = {}
        for line in lines:
            pid, _, text = line.rstrip("\n").partition(" ")
            text = text.lstrip()
            if text.endswith("<unfinished ...>"):
                begun[pid] = (text.removesuffix("<unfinished ...>"), self._now(text))
                continue
            now = self._now(text)
            if text.startswith("<... "):
                head, now = begun.pop(pid, ("", now))
                text = head + text.partition(" resumed>")[2]
            if (found := _CALL.fullmatch(text)) is not None:
                self._apply(found[1], found[2], int(found[3]), found[4] or "", now)

    def _now(self, text: str) -> tuple[dict[str, int], int]:
        """How much is done, for a sync that begins."""
        if not text.startswith(_SYNCS):
            return {}, 0
        return {path: len(extents) for path, extents in self._unsynced.items()}, len(self._names)

    def _apply(self, name: str, arguments: str, result: int, opened: str, now: tuple[dict[str, int], int]) -> None:
        file = found[1] if (found := _FILE.match(arguments)) else ""
        if name in _SYNCS:
            self._synced(None if name in ("sync", "syncfs") else file, *now)
        elif name in _WRITES:
            last = arguments.rpartition(", ")[2]
            self._wrote(file, int(last) if name.startswith("pwrite") and last.isdigit() else None, result)
        elif name == "ftruncate" and file in self._size:
            self._size[file] = int(arguments.rpartition(", ")[2])
        elif name in _OPENS:
            self._opened(opened, arguments)
        elif name.startswith("rename"):
            self._renamed(*_paths(arguments))
        elif name.startswith(("mkdir", "link")):
            self._done("create", _paths(arguments)[-1])
        elif name in ("unlink", "unlinkat", "rmdir"):
            path = _paths(arguments)[-1]
            self._done("remove", path)
            self._unsynced.pop(path, None)
            self._size.pop(path, None)

    def _synced(self, path: str | None, extents: dict[str, int], names: int) -> None:
        self._lost.syncs += 1
        del self._names[:names]
        for one in [path] if path is not None else list(self._unsynced):
            if one in self._unsynced:
                del self._unsynced[one][: extents.get(one, 0)]

    def _wrote(self, path: str, offset: int | None, length: int) -> None:
        if not path.startswith(self._root):
            return
        self._lost.written.add(path)
        start = self._size.get(path, 0) if offset is None else offset
        self._unsynced.setdefault(path, []).append((start, length))
        self._size[path] = max(self._size.get(path, 0), start + length)

    def _opened(self, path: str, arguments: str) -> None:
        if not path.startswith(self._root):
            return
        if "O_CREAT" in arguments and path not in self._size:
            self._done("create", path)
        if "O_TRUNC" in arguments:
            self._unsynced.pop(path, None)
            self._size[path] = 0
        elif "O_CREAT" in arguments:
            self._size.setdefault(path, 0)

    def _renamed(self, source: str, target: str) -> None:
        if not source.startswith(self._root):
            return
        # What it replaced is not known any more, so it cannot be undone.
        self._names.append(("replace" if target in self._size else "rename", source, target))
        _move(self._unsynced, source, target)
        _move(self._size, source, target)

    def _done(self, what: str, path: str) -> None:
        if path.startswith(self._root):
            self._names.append((what, path, ""))

    def lose(self, draw: random.Random) -> Lost:
        """Change the folder to what a disk may hold that loses its power now."""
        for path, extents in sorted(self._unsynced.items()):
            # By chance a file is on the disk as a whole, in parts, or not at all.
            share = draw.choice((0.0, 0.3, 1.0))
            if os.path.isfile(path) and (gone := [one for one in extents if draw.random() < share]):
                self._forget(path, gone, draw.random() < 0.5)
        for _ in range(draw.randint(0, len(self._names))):
            if not _undo(*self._names.pop()):
                break
            self._lost.names += 1
        for folder, _, names in os.walk(self._root):
            for name in names:
                if name.endswith("-shm"):  # memory that processes share: it is created again
                    os.unlink(os.path.join(folder, name))
        return self._lost

    def _forget(self, path: str, gone: list[tuple[int, int]], shorter: bool) -> None:
        self._lost.files.append(path.removeprefix(self._root))
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            for start, length in gone:
                file.seek(start)
                file.write(bytes(max(0, min(length, size - start))))
            last = max(gone)
            if shorter and sum(last) >= size:
                file.truncate(min(last[0], size))


def _paths(arguments: str) -> list[str]:
    """The paths that a call names, absolute."""
    return [os.path.normpath(os.path.join(folder or "/", name)) for folder, name in _PATH.findall(arguments)]


def _move(known: dict[str, _Known], source: str, target: str) -> None:
    for path in [one for one in known if one == source or one.startswith(f"{source}/")]:
        known[target + path[len(source) :]] = known.pop(path)


def _undo(what: str, source: str, target: str) -> bool:
    """Undo what was done to a name; False if what was there before is not known."""
    if what == "rename" and os.path.exists(target) and not os.path.exists(source):
        os.rename(target, source)
    elif what == "create" and os.path.isfile(source):
        os.unlink(source)
    elif what == "create" and os.path.isdir(source) and not os.listdir(source):
        os.rmdir(source)
    else:
        return what == "create" and not os.path.exists(source)
    return True
