"""SQLite's own check of every page of the files of a data folder: also of those that hold no record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lrs.log.damage_memory import REPAIR
from lrs.log.sqlite_file import page_problem
from lrs.verification.finding import CheckProgress, VerifyFinding

FILES_ADVICE = f"{REPAIR} writes a file of the log again; put any other back from a backup"


def verify_files(paths: Sequence[Path], progress: CheckProgress) -> VerifyFinding:
    """Check the pages of each file that is there. Raises Full and Unavailable."""
    finding = VerifyFinding("files", "files", advice=FILES_ADVICE)
    for path in paths:
        if path.exists():
            if problem := page_problem(path):
                finding.add(f"{path.name} is damaged: {problem}")
            finding.checked += 1
            progress(finding.check, 1)
    return finding
