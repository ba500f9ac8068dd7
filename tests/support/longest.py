"""The files that take longest, the longest first: they are begun first, so that no worker is left with one at the end.

A file of more than ninety seconds on an idle machine is two files.
"""

from __future__ import annotations

LONGEST = (
    "tests/e2e/distributed/test_backup.py",
    "tests/e2e/distributed/test_lost_tables.py",
)
