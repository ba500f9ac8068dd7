"""The embedded engine: chDB in a process of its own that speaks ClickHouse's HTTP interface on loopback.

`python -m lrs.engine.serve --data DIR --port P`. One process may open a chDB path; behind this one, all can use it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from lrs import exits
from lrs.engine.connect import ADDRESS, LOGIN, Address, Login, Writer, read_kept
from lrs.engine.sql_logins import FolderSqlLogins
from lrs.exits import die_with_parent
from lrs.files import LockedFile, replace_file

if TYPE_CHECKING:
    from lrs.engine.chdb import Engine

STOP_SECONDS = 4
_WATCH_SECONDS = 1.0  # between looks whether the folder is there
MEMORY_MIB = 2048
FOLDER = "engine"
ATTEMPTS = 3
_TAKEN = "another engine works on {}"
LEAST_FREE = 256 << 20  # bytes of a disk on which the engine can be opened


class PortTaken(Exception):
    """Somebody else listens on the engine's port."""


def _login(data: Path) -> Login:
    """The login of the store itself; made, for the owner's eyes alone, if there is none that can be read."""
    path = data / LOGIN
    try:
        return read_kept(path, Login)
    except (FileNotFoundError, ValueError):
        login = Login(Writer("pacer", secrets.token_hex(24)))  # hexadecimal digits mean the same in a URL
        replace_file(path, msgspec.json.encode(login))
        return login


class _KeptFiles:
    """Files by which others find the engine: put back where somebody removed or changed them."""

    def __init__(self, contents: Mapping[Path, Login | Address]) -> None:
        self._contents = {path: msgspec.json.encode(content) for path, content in contents.items()}
        self._failed: set[Path] = set()
        self.put_back()

    def put_back(self) -> None:
        """See that they are there; of one that cannot be written it is said once."""
        for path, content in self._contents.items():
            try:
                with contextlib.suppress(OSError):
                    if path.read_bytes() == content:
                        self._failed.discard(path)
                        continue
                replace_file(path, content)
            except OSError as error:
                if path not in self._failed:
                    click.echo(
                        f"{path} cannot be written ({error.strerror}), and nobody finds the engine without it: make "
                        "room, or move away what is there",
                        err=True,
                    )
                self._failed.add(path)


async def _serve(data: Path, port: int, memory: int, login: Login, lock: LockedFile) -> None:
    # Here, as a process that only asks for the DSN must not load ClickHouse.
    from aiohttp import web

    from lrs.engine.chdb import Engine
    from lrs.engine.http import MOST_URL, ClickHouseHttp

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    engine = Engine(data / FOLDER, memory)
    _attempts(data).unlink(missing_ok=True)
    runner = web.AppRunner(
        ClickHouseHttp(engine, login.writer, FolderSqlLogins(data).tenant_of).app(),
        access_log=None,
        shutdown_timeout=STOP_SECONDS,
        max_line_size=MOST_URL,
        auto_decompress=False,  # a thread of the engine does it
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    except OSError as error:
        raise PortTaken from error
    address = Address("127.0.0.1", runner.addresses[0][1], os.getpid())
    kept = _KeptFiles({data / ADDRESS: address, data / LOGIN: login})
    watch = asyncio.create_task(_watch_engine(data / FOLDER, engine, kept, lock))
    await stop.wait()
    watch.cancel()
    (data / ADDRESS).unlink(missing_ok=True)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(runner.cleanup(), STOP_SECONDS)


def _attempts(data: Path) -> Path:
    """How often the folder was to be opened since it last was; a file, as what fails may end the process."""
    return data / "engine.attempts"


def _try_to_open(data: Path) -> None:
    """Count an attempt. A folder that never opened is set aside, ATTEMPTS times in a row: tables follow from the log.

    Without room on the disk nothing can be opened, and that is no fault of the folder.
    """
    file = _attempts(data)
    try:
        before = int(file.read_text())
    except (FileNotFoundError, ValueError):
        before = 0
    if shutil.disk_usage(data).free < LEAST_FREE:
        return
    if before >= ATTEMPTS and (data / FOLDER).exists():
        aside = data / f"{FOLDER}.unreadable"
        if aside.is_dir():
            shutil.rmtree(aside)
        (data / FOLDER).rename(aside)
        click.echo(
            f"{data / FOLDER} could not be opened {before} times in a row: it is kept as {aside.name}, and its tables "
            "are rebuilt from the log",
            err=True,
        )
        before = 0
    file.write_text(str(before + 1))


def _remove_set_aside(folder: Path) -> None:
    """Remove the parts that chDB set aside at an earlier start, as not whole: their rows follow from the log."""
    for part in folder.glob("store/*/*/detached/broken-on-start*"):
        shutil.rmtree(part, ignore_errors=True)


async def _watch_engine(folder: Path, engine: Engine, kept: _KeptFiles, lock: LockedFile) -> None:
    """End the process if its files are taken away from under it, or a write to one failed in a merge: what it still
    answered would not be on the disk, or if another engine has taken its lock. What others find it by is put back."""
    inode = folder.stat().st_ino
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        await asyncio.to_thread(engine.check_new_writes)
        with contextlib.suppress(FileNotFoundError):
            if folder.stat().st_ino == inode:
                kept.put_back()
                try:
                    lock.keep()
                except BlockingIOError:
                    click.echo(_TAKEN.format(folder.parent), err=True)
                    os._exit(exits.TAKEN)
                continue
        click.echo(f"{folder} is gone: the engine ends, and is started again", err=True)
        os._exit(exits.WRONG)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), required=True, envvar="PACER_DATA")
@click.option("--port", type=int, default=0, help="0 takes a free one.")
@click.option("--memory", type=click.IntRange(256), default=MEMORY_MIB, show_default=True, help="MiB, for all of it.")
@click.option("--die-with-parent", "bound", is_flag=True, help="End when the process that started this one does.")
def main(data: Path, port: int, memory: int, bound: bool) -> None:
    """Run the engine until SIGTERM."""
    if bound:
        die_with_parent()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        _run(data, port, memory << 20)
    except IsADirectoryError as error:
        click.echo(
            f"{error.filename2 or error.filename} is a folder: move it away, the engine makes a file there", err=True
        )
        sys.exit(exits.UNREADABLE)


def _run(data: Path, port: int, memory: int) -> None:
    """Run the engine of a folder, unless another does; `memory` in bytes."""
    try:
        lock = LockedFile(data / "engine.lock")
    except BlockingIOError:
        click.echo(_TAKEN.format(data), err=True)
        sys.exit(exits.TAKEN)
    with lock:
        # What is left is from an engine that was killed.
        (data / ADDRESS).unlink(missing_ok=True)
        login = _login(data)
        _try_to_open(data)
        _remove_set_aside(data / FOLDER)
        try:
            asyncio.run(_serve(data, port, memory, login, lock))
        except PortTaken:
            click.echo(f"port {port} of the engine is in use: choose another --engine-port", err=True)
            sys.exit(exits.TAKEN)
        except Exception as error:  # noqa: BLE001 - chDB raises several types
            click.echo(f"the engine cannot open {data / FOLDER}: {error}", err=True)
            sys.exit(exits.WRONG)
        # A query that outlives the drain would hold the interpreter; whatever was acknowledged is in the files.
        os._exit(0)


if __name__ == "__main__":
    main()
