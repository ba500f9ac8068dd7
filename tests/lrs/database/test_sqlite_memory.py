"""The page caches of all threads together are bounded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lrs.database.sqlite_memory import MOST_CACHED_BYTES
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog

THREADS = 64
ROOM = 48  # MiB, of what threads and rows need beside
READ = """
import sys, threading
from pathlib import Path
from lrs.log.sqlite import SqliteLog

def used():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4 // 1024

log = SqliteLog(Path(sys.argv[1]))
before = used()
together = threading.Barrier(int(sys.argv[2]))

def read():
    for row in log.rows("statements", 0):
        pass
    together.wait(60)

threads = [threading.Thread(target=read) for _ in range(int(sys.argv[2]))]
for one in threads:
    one.start()
for one in threads:
    one.join()
print(used() - before)
"""


def test_of_many_threads(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    for future in [log.submit("statements", Entry("k", bytes([n % 256]) * 3_000)) for n in range(6_000)]:
        future.result()
    log.close()
    words = [sys.executable, "-c", READ, str(tmp_path), str(THREADS)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=True)
    assert int(done.stdout) < (MOST_CACHED_BYTES >> 20) + ROOM, f"{done.stdout} MiB"
