"""The folder that Faust wants; nothing is kept there. A killed worker leaves it behind, and the next one removes it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_FOLDER_PREFIX = "pacer-worker-"


def folder() -> Path:
    """A folder of this process, after those of processes that are no more are removed."""
    for folder_of_another in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*-*"):
        pid = folder_of_another.name.removeprefix(_FOLDER_PREFIX).partition("-")[0]
        # In a container every worker has the same id: what has this one's was left by the last.
        if pid.isdigit() and (int(pid) == os.getpid() or not _runs(int(pid))):
            shutil.rmtree(folder_of_another, ignore_errors=True)  # somebody else's, or gone by now
    return Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-"))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
