"""Two processes enter at one field of a check, and do not see each other's entries: the last word stands, once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.plans.opening_checks import OpeningChecks
from lrs.store.client import Store
from tests.lrs.plans.test_entries_that_fail import Disk, disk_of
from tests.support.classroom import NOW
from tests.support.planned_school import School


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    made = School(store, tmp_path)
    yield made
    made.log.close()


def late(disk: Disk, other: OpeningChecks, *words: bool | None) -> OpeningChecks:
    """A process before each of whose next entries another one enters something that it does not see."""
    catalogs = Catalogs(disk.school.log)
    catalogs.follow()
    left = list(words)

    def append(tenant: str, credential: str, change: Any, now: int) -> int:
        if change.kind == "check results" and left:
            entering = threading.Thread(target=disk.enter, args=(other, left.pop(0)))
            entering.start()
            entering.join()
        return Catalogs.append(catalogs, tenant, credential, change, now)

    catalogs.append = append  # type: ignore[method-assign]
    return OpeningChecks(disk.school.planner.store, catalogs, lambda: NOW, disk.record)


@pytest.mark.parametrize("last", [True, False, None])
def test_who_settles_does_not_enter_again_what_was_changed_meanwhile(school: School, last: bool | None) -> None:
    disk = disk_of(school)
    disk.enter(late(disk, disk.start(), True, last), False)
    assert disk.standing == disk.shown == ([] if last is None else [last])
    asyncio.run(disk.start().complete_all())
    assert disk.standing == disk.shown == ([] if last is None else [last])
