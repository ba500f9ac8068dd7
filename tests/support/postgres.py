"""A temporary PostgreSQL for tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_engine, delete, insert, select, text
from sqlalchemy.engine import Engine

from tests.support.not_tested import not_tested
from tests.support.server import free_port

_FOLDERS = (Path("/usr/lib/postgresql"), Path("/usr/local/pgsql"))  # Debian's, and a build's own
_START_SECONDS = "240"


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine; None if there is none."""
    on_path = shutil.which("pg_ctl")
    if on_path and shutil.which("initdb"):
        return Path(on_path).parent
    found = [path.parent for folder in _FOLDERS for path in folder.glob("**/bin/pg_ctl")]
    return max(found, key=lambda path: [int(p) for p in path.parts if p.isdigit()], default=None)


def missing() -> str:
    """Why there can be no PostgreSQL here; "" if there can."""
    return "" if binaries() else "no PostgreSQL server is installed (initdb and pg_ctl; Debian: postgresql)"


@contextmanager
def running() -> Iterator[str]:
    """A new cluster on the loopback; gives SQLAlchemy's URL of its database."""
    found = binaries()
    if found is None:
        not_tested("everything on PostgreSQL", missing())
    folder = Path(tempfile.mkdtemp(prefix="pacer-postgres-"))
    user = _owner(folder)
    data, port = folder / "data", free_port()

    def run(*command: str | os.PathLike[str]) -> None:
        # PostgreSQL refuses to run as root. A file takes the output, as the server keeps what it inherits open.
        with (folder / "output").open("a+b") as output:
            done = subprocess.run(command, user=user, cwd=folder, stdout=output, stderr=output, check=False)
            output.seek(0)
            assert done.returncode == 0, output.read().decode()

    run(found / "initdb", "-D", data, "-U", "pacer", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c max_connections=60 -c shared_buffers=16MB"
    run(found / "pg_ctl", "-D", data, "-w", "-t", _START_SECONDS, "-o", options, "start")
    try:
        yield f"postgresql+pg8000://pacer@127.0.0.1:{port}/postgres"
    finally:
        run(found / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


Dump = dict[str, list[dict[str, Any]]]


def dump(url: str) -> Dump:
    """The rows of every table of a database, of one moment."""
    engine, tables = _reflected(url)
    with engine.begin() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        rows = {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in tables.sorted_tables
        }
    engine.dispose()
    return rows


def put_back(url: str, rows: Dump) -> None:
    """Let every table of a database hold what it held when it was dumped."""
    engine, tables = _reflected(url)
    with engine.begin() as connection:
        for table in reversed(tables.sorted_tables):
            connection.execute(delete(table))
        for table in tables.sorted_tables:
            if rows.get(table.name):
                connection.execute(insert(table), rows[table.name])
    engine.dispose()


def _reflected(url: str) -> tuple[Engine, MetaData]:
    engine, tables = create_engine(url), MetaData()
    tables.reflect(engine)
    return engine, tables


def _owner(folder: Path) -> int | None:
    """Whom PostgreSQL runs as: nobody where tests run as root, who is given the folder."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return nobody.pw_uid
