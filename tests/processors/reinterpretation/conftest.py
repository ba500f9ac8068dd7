from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs.store.client import Store
from tests.processors.reinterpretation.school import School, forget


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    new_school = School(store, tmp_path / "log", f"again-{uuid.uuid4()}")
    forget(new_school)
    yield new_school
    new_school.log.close()
