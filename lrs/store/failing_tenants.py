"""Tenants whose decisions cannot be computed, with the reason: written by processors, read by /ready and `lrs doctor`.

Tables of the others are right and stay open, so this closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from lrs.files import replace_file
from schemas.envelope import NOT_DECODABLE

_tenants_decoder = msgspec.json.Decoder(dict[str, str])


class FailingTenants(Protocol):
    """Where the processors of a runtime record failing tenants."""

    def read(self) -> dict[str, str]:
        """The reasons, by tenant. Raises DatabaseUnavailable."""

    def write(self, reasons: Mapping[str, str]) -> None:
        """Keep these as all tenants that fail. Raises OSError, DatabaseUnavailable, Full."""

    def change(self, failing: Mapping[str, str], passed: Iterable[str]) -> None:
        """Keep these beside what other processes keep, without those that passed here. Raises as `write` does."""


class NotKept:
    """Discards failing tenants: for processors that nobody monitors."""

    def read(self) -> dict[str, str]:
        return {}

    def write(self, reasons: Mapping[str, str]) -> None:
        """Nobody reads it."""

    def change(self, failing: Mapping[str, str], passed: Iterable[str]) -> None:
        """Nobody reads it."""


class FailingTenantsFile:
    """The failing tenants of a data folder: in a file of the folder."""

    def __init__(self, data: Path) -> None:
        self._path = data / "failing_tenants.json"

    def read(self) -> dict[str, str]:
        try:
            return _tenants_decoder.decode(self._path.read_bytes())
        except (FileNotFoundError, IsADirectoryError, *NOT_DECODABLE):  # written again at the next start
            return {}

    def write(self, reasons: Mapping[str, str]) -> None:
        if not reasons:
            self._path.unlink(missing_ok=True)
            return
        replace_file(self._path, msgspec.json.encode(dict(reasons)))

    def change(self, failing: Mapping[str, str], passed: Iterable[str]) -> None:
        self.write(failing)  # a data folder has one process that decides
