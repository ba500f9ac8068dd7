"""Where ClickHouse is: one setting, or the embedded engine of a data folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lrs.engine.connect import connect_url
from lrs.store.client import StoreUnavailable


def dsn(data: Path, setting: str | None, login: tuple[str, str] | None = None) -> Callable[[], str]:
    """A function that gives the DSN each time a client is made. It raises StoreUnavailable if no engine runs.

    `login`: name and password of a login of the embedded engine, instead of the store's own.
    """
    if setting:
        return lambda: setting

    def embedded() -> str:
        try:
            return connect_url(data, login)
        except (FileNotFoundError, ValueError) as error:
            raise StoreUnavailable(str(error)) from error

    return embedded
