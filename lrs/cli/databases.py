"""Stores in the transactional database, opened by commands, and the options that say where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy.exc import ArgumentError

from lrs import exits
from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.cli.answering import fail
from lrs.errors import Full, LostData, Transient, UnreadableFile
from lrs.extras import MissingExtra
from lrs.processes.denied import require_access
from lrs.processes.options import data_option, database_option, json_option


class _Closes(Protocol):
    def close(self) -> None: ...


_Store = TypeVar("_Store", bound=_Closes)


def database_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options --data, --database and --json of a command on stores in the transactional database."""
    return data_option(database_option(json_option(command)))


@contextmanager
def opened_store(
    store: Callable[[str], _Store], embedded: Callable[[Path], str], data: Path, database: str | None, make: bool
) -> Iterator[_Store]:
    """A store in a database, or in the folder; ends the command with what to do where it cannot be reached.

    make: the folder is made if there is none.
    """
    if database is None:
        require_access(data)
    if database is None and not data.is_dir():
        if not make:
            fail(
                f"there is no folder {data}: give the --data that `lrs serve` works on, or --database",
                exits.NOT_FOUND,
            )
        data.mkdir(parents=True, mode=0o700)
    try:
        database_store = store(database or embedded(data))
    except UnreadableFile as error:
        fail(f"{error}: put it back from a backup", exits.UNREADABLE)
    except Transient as error:
        fail(f"{error}: is --database right, and does it run?", exits.UNAVAILABLE)
    except MissingExtra:
        raise
    except (ArgumentError, ValueError, ImportError):  # their texts may hold the password
        fail("--database is not a URL of a database: postgresql+pg8000://user:password@host:port/database", exits.USAGE)
    try:
        yield database_store
    except LostData as error:
        fail(f"{error}: put it back from a backup", exits.UNREADABLE)
    except (Transient, Full) as error:
        fail(f"{error}: try again", exits.UNAVAILABLE)
    finally:
        database_store.close()


def open_credentials(data: Path, database: str | None, make: bool = False) -> AbstractContextManager[Credentials]:
    """The credentials, as `opened_store` opens them."""
    return opened_store(Credentials, embedded_credentials_url, data, database, make)
