"""Lists in a query: short ones in its text, long ones beside it, so that no text grows with the data.

ClickHouse refuses a text of more than 256 KiB (`max_query_size`), and reads a long one slowly. A list that does not fit
is sent as external data: a table of the query alone, which a cluster's servers pass on to each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from clickhouse_connect.driver.external import ExternalData

from schemas.exact_json import exact_json

INLINE_BYTES = 8 << 10  # of all lists in one query's text; from here on it is read slower than a table is made
_LIST_PARAMETER = re.compile(r"\bIN %\((\w+)\)s")


def bind_lists(sql: str, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any], ExternalData | None]:
    """A query with `IN %(name)s`, the parameters for its text, and what is sent beside it.

    A list holds strings, or tuples of strings; one that the query does not name is left out.
    """
    lists = {name: parameters[name] for name in dict.fromkeys(_LIST_PARAMETER.findall(sql))}
    room = INLINE_BYTES
    beside: ExternalData | None = None
    rest = {name: value for name, value in parameters.items() if name in lists or not isinstance(value, list)}
    for name, values in sorted(lists.items(), key=lambda item: _size(item[1])):
        room -= _size(values)
        if room >= 0:
            continue
        table = f"list_{name}"
        sql = sql.replace(f"IN %({name})s", f"IN (SELECT * FROM {table})")
        del rest[name]
        beside = beside or ExternalData()
        beside.add_file(
            file_name=table, fmt="JSONCompactEachRow", structure=_structure(values), data=_list_rows(values)
        )
    return sql, rest, beside


def _size(values: Sequence[Any]) -> int:
    """At least how many bytes a list takes in a query's text, without what is escaped."""
    if values and isinstance(values[0], tuple):
        return sum(sum(map(len, value)) + 4 * len(value) + 2 for value in values)
    return sum(map(len, values)) + 4 * len(values)


def _structure(values: Sequence[Any]) -> str:
    columns = len(values[0]) if isinstance(values[0], tuple) else 1
    return ", ".join(f"c{number} String" for number in range(columns))


def _list_rows(values: Sequence[Any]) -> bytes:
    return b"\n".join(exact_json(value if isinstance(value, tuple) else (value,)) for value in values)
