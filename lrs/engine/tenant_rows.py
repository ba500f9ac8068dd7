"""What a reader's connection is told, so that it sees the rows of one tenant whatever it asks.

The embedded engine has one user, so ClickHouse's row policies cannot tell readers apart. Its filters of tables can:
each table that there is has one, of another database, or without a tenant, one that lets no row pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from lrs.engine.connect import DATABASE

READER_SECONDS = 60
# How an answer looks. What a query may cost or reach is not a reader's to say.
# Each is named: `output_format_schema`, for one, is a file that is written.
_MAY_SET = re.compile(
    r"output_format_(json_(quote_\w+|escape_forward_slashes|array_of_rows|named_tuples_as_objects|pretty_print)|"
    r"(csv|tsv)_crlf_end_of_line|decimal_trailing_zeros|write_statistics|pretty_(color|max_\w+|row_numbers)|"
    r"arrow_string_as_string|native_encode_types_in_binary_format|native_use_flattened_dynamic_and_json_serialization|"
    r"parquet_string_as_string)|max_result_rows|result_overflow_mode|join_use_nulls|date_time_output_format"
)
# What clients and BI ask ClickHouse of itself. It holds nobody's rows, but in `tables` how many there are in all.
_OF_CLICKHOUSE = re.compile(
    "aggregate_function_combinators|collations|columns|data_type_families|databases|formats|functions|keywords|"
    "numbers(_mt)?|one|settings|table_(engines|functions)|tables|time_zones|zeros(_mt)?"
)
_TABLES = (
    "SELECT database, name, (database, name) IN (SELECT database, table FROM system.columns WHERE name = 'tenant') "
    "FROM system.tables WHERE lower(database) != 'information_schema'"  # views, whose tables are filtered
)


def table_filters(connection: Any, tenant: str) -> dict[str, str]:
    """The condition of each table's rows, by `database.table`, as they are now; `connection` is one of the store."""
    filters = {}
    for line in connection.query(_TABLES, "JSONCompactEachRow").bytes().splitlines():
        database, table, has_tenant = json.loads(line)
        if database != "system" or not _OF_CLICKHOUSE.fullmatch(table):
            own = database == DATABASE and has_tenant
            filters[f"{database}.{table}"] = f"tenant = {literal(tenant)}" if own else "0"
    return filters


def reader_settings(wanted: Mapping[str, str], filters: Mapping[str, str], memory: int) -> dict[str, str]:
    """The settings of a reader's query; `wanted` by the reader, within `memory` bytes."""
    chosen = {name: value for name, value in wanted.items() if _MAY_SET.fullmatch(name)}
    pairs = ", ".join(f"{literal(table)}: {literal(condition)}" for table, condition in filters.items())
    return chosen | {
        "max_execution_time": str(READER_SECONDS),
        "max_memory_usage": str(memory),
        "additional_table_filters": f"{{{pairs}}}",
        # A plan may ask a query's own condition first, and what that fails on would tell of rows of other tenants.
        "query_plan_enable_optimizations": "0",
        # How many rows an answer read would tell what an index found among those of all tenants.
        "use_skip_indexes": "0",
        "readonly": "1",  # from here on ClickHouse refuses every SET
    }


def literal(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
