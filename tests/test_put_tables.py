"""Tests that start servers side by side leave the process as it was."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.engine import put_tables


def test_side_by_side_they_leave_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(put_tables, [tmp_path / str(number) for number in range(6)]))
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
