"""Tables that `lrs verify` does not look at, and why: every other table is the name of a check."""

from __future__ import annotations

from collections.abc import Mapping

NOT_COMPARED: Mapping[str, str] = {
    "decision_history": "what was decided, as it was known at that time: it does not follow from the log, and a new "
    "table starts empty, or with what a backup has. Only the last row of each skill is compared, with `decisions`",
    "checkpoints": "how far each reader came, and what the tables held then: each start, and once a minute while "
    "it runs, compares it with both",
    "snapshots": "rows from which a refold starts, each under its digest: one that has another is not used, and "
    "the rows that come of them are compared",
    "to_agent_statements": "a view without rows, which fills `agent_statements`",
}
