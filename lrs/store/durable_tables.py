"""Tables that outlive a loss of power: ClickHouse answers an insert when its part is on the disk, not in a cache.

By itself it syncs no part, and drops the parts that a merge has replaced. So a checkpoint behind an insert would vouch
for rows that are not there, and a merge would lose what was there.
"""

from __future__ import annotations

import re

_FSYNC_SETTINGS = (
    "fsync_after_insert = 1",
    "fsync_part_directory = 1",
    # A part that was merged replaces those it was made of: it is synced, whatever its size, before they are removed.
    "min_rows_to_fsync_after_merge = 1",
)
_CREATE_MERGE_TREE = re.compile(r"CREATE TABLE .*\bENGINE = \w*MergeTree\b.*", re.DOTALL)


def durable_sql(sql: str) -> str:
    """A statement that makes a table, with the settings that keep its rows; any other as it is."""
    if not _CREATE_MERGE_TREE.fullmatch(sql):
        return sql
    more = ",\n  ".join(_FSYNC_SETTINGS)
    return f"{sql},\n  {more}" if re.search(r"\bSETTINGS\b", sql) else f"{sql}\nSETTINGS\n  {more}"
