"""Where tests keep their files: in memory where there is room, as logs and engines wait for the disk at every write."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 8 << 30  # bytes; a whole run needs one or two


def keep_in_memory() -> None:
    """Have this process and those that it starts make temporary files in memory; whoever sets TMPDIR is obeyed."""
    if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK) and _room() >= _ROOM:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None


def _room() -> int:
    available = re.search(r"MemAvailable: *(\d+) kB", Path("/proc/meminfo").read_text())
    return min(shutil.disk_usage(_MEMORY).free, int(available[1]) << 10 if available else 0)
