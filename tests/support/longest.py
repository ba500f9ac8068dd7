"""The files that take longest, the longest first: they are begun first, so that no worker is left with one at the end.

One that takes more than ninety seconds on an idle machine is to be two.
"""

from __future__ import annotations

LONGEST = (
    "tests/e2e/distributed/test_backup.py",
    "tests/e2e/distributed/test_lost_tables.py",
    "tests/e2e/distributed/test_reinterpret.py",
    "tests/e2e/distributed/test_learned_parents.py",
    "tests/e2e/distributed/test_weekly_fit.py",
    "tests/e2e/distributed/test_activate.py",
    "tests/e2e/distributed/test_kafka_down.py",
    "tests/e2e/distributed/test_engine_down.py",
    "tests/e2e/distributed/test_rebalance.py",
    "tests/e2e/test_lost_tables.py",
    "tests/e2e/test_older_parts.py",
    "tests/e2e/test_lost_files.py",
    "tests/e2e/test_other_log.py",
    "tests/e2e/test_backup.py",
    "tests/e2e/distributed/test_other_log.py",
    "tests/e2e/distributed/test_partitions.py",
    "tests/e2e/distributed/test_merges.py",
    "tests/e2e/distributed/test_stands_still.py",
    "tests/e2e/distributed/test_truncated.py",
    "tests/e2e/distributed/test_trimmed.py",
    "tests/e2e/distributed/test_older_servers.py",
    "tests/processors/runtime/test_snapshots.py",
    "tests/e2e/test_every_page.py",
    "tests/e2e/test_reinterpret.py",
    "tests/e2e/test_power.py",
    "tests/e2e/test_lost_while_stopped.py",
    "tests/lrs/timetabling/test_make.py",
    "tests/lrs/engine/test_engine_http.py",
    "tests/e2e/distributed/test_equivalence.py",
    "tests/e2e/distributed/test_conflicts.py",
    "tests/e2e/distributed/test_kill.py",
    "tests/e2e/distributed/test_lost_replies.py",
    "tests/e2e/distributed/test_stale_worker.py",
    "tests/e2e/distributed/test_stalled.py",
    "tests/e2e/distributed/test_hostile.py",
    "tests/e2e/distributed/test_poison.py",
    "tests/e2e/distributed/test_direct.py",
    "tests/e2e/test_kill.py",
    "tests/e2e/test_parts.py",
    "tests/e2e/test_serve.py",
    "tests/e2e/test_replay.py",
    "tests/lrs/evaluation/test_next_items.py",
    "tests/lrs/evaluation/test_decisions.py",
    "tests/processors/runtime/test_merges.py",
    "tests/processors/runtime/test_partitions.py",
    "tests/processors/runtime/test_way.py",
    "tests/processors/reinterpretation/test_follower.py",
    "tests/processors/stages/test_decide.py",
    "tests/lrs/store/test_migrate.py",
    "tests/lrs/log/test_kafka.py",
    "tests/docs/test_tutorials.py",
    "tests/lrs/http/test_event_loop.py",
)
_RANKS = {file: rank for rank, file in enumerate(LONGEST)}


def rank(file: str) -> int:
    """Where a file comes: one that is not named after all that are."""
    return _RANKS.get(file, len(LONGEST))
