"""Answers with a clock, as knowledge-tracing repositories pass them round: one tab-separated row for each answer.

Columns: user_id, item_id, timestamp (seconds), correct, skill_id; the skill is the item's, or a combination's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from processors.mastery.answers import Answers, from_log

TIMED_COLUMNS = ("user_id", "item_id", "timestamp", "correct", "skill_id")


def read_timed(path: Path) -> Answers:
    """Answers by learner and time.

    Raises ValueError where the file is not in this format, OSError where it cannot be read.
    """
    with path.open(encoding="utf-8") as file:
        head = file.readline().rstrip("\n").split("\t")
        if missing := [name for name in TIMED_COLUMNS if name not in head]:
            raise ValueError(f"{path.name} has no column {missing[0]}")
        rows = np.loadtxt(file, delimiter="\t", usecols=[head.index(name) for name in TIMED_COLUMNS], dtype=np.float64)
    rows = np.atleast_2d(rows)
    if not len(rows) or not set(np.unique(rows[:, 3])) <= {0.0, 1.0}:
        raise ValueError(f"{path.name} needs rows, with 1 or 0 in the column correct")
    rows = rows[np.lexsort((rows[:, 2], rows[:, 0]))]
    log, times = [], []
    for its in np.split(rows, np.flatnonzero(np.diff(rows[:, 0])) + 1):
        answers = [(str(int(item)), (str(int(skill)),), right) for _, item, _, right, skill in its.tolist()]
        log.append((str(int(its[0, 0])), answers))
        times.append([round(second * 1e6) for second in its[:, 2]])
    return from_log(log, times)
