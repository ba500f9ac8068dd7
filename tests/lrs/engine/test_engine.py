"""The engine process, through the client that Pacer uses and through plain HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import clickhouse_connect
import httpx
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from lrs import exits
from lrs.engine.connect import connect_url
from tests.support.engine_process import MODULE, answers, base, client, login, running, start, stop


class TestFiles:
    def test_secrets_are_for_the_owner(self, data: Path) -> None:
        assert (data / "engine.json").stat().st_mode & 0o777 == 0o600
        assert (data / "engine.port").stat().st_mode & 0o777 == 0o600

    def test_port_file(self, data: Path) -> None:
        where = json.loads((data / "engine.port").read_text())
        assert where["host"] == "127.0.0.1"
        os.kill(where["pid"], 0)

    def test_url_without_an_engine_says_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="does not run"):
            connect_url(tmp_path)


COLUMNS: dict[str, list[object]] = {
    "String": ["", "é\n\0'"],
    "UUID": [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)],
    "UInt64": [0, 2**64 - 1],
    "Int64": [-(2**63), 2**63 - 1],
    "Float64": [0.0, -1.5e300],
    "Nullable(Float64)": [None, 0.25],
    "Array(String)": [[], ["a", "b'"]],
    "DateTime64(6)": [datetime(1999, 1, 1), datetime(2026, 1, 2, 3, 4, 5, 678901)],
    "Map(UInt32, UInt64)": [{}, {1: 2, 3: 4}],
    "LowCardinality(String)": ["x", "y"],
    "UInt8": [0, 255],
}


class TestClient:
    def test_every_type_comes_back(self, db: Client) -> None:
        types = {f"{side}{number}": kind for side in "ab" for number, kind in enumerate(COLUMNS)}
        db.command(
            f"CREATE OR REPLACE TABLE kinds ({', '.join(f'{n} {t}' for n, t in types.items())}) "
            "ENGINE = MergeTree ORDER BY a2"
        )
        columns = [COLUMNS[kind] for kind in types.values()]
        summary = db.insert("kinds", columns, column_names=list(types), column_oriented=True)
        assert summary.written_rows == 2
        assert [list(column) for column in db.query("SELECT * FROM kinds ORDER BY a2").result_columns] == columns

    @pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
    def test_compressed(self, data: Path, table: str, compress: bool | str) -> None:
        with client(data, compress=compress) as db:
            db.insert(table, [list(range(5000)), ["x" * 100] * 5000], column_oriented=True)
            assert db.query(f"SELECT sum(a), count() FROM {table}").result_rows == [(12497500, 5000)]
            assert len(db.query(f"SELECT * FROM {table}").result_rows) == 5000

    def test_parameters(self, db: Client) -> None:
        values = {"s": "a'b\\c\td\né", "n": -3, "l": ["x", "y'z"], "t": datetime(2026, 1, 2, 3, 4, 5)}
        sql = "SELECT {s:String}, {n:Int64}, {l:Array(String)}, {t:DateTime}"
        assert db.query(sql, parameters=values).result_rows == [tuple(values.values())]

    def test_a_thousand_ids_as_a_parameter(self, db: Client) -> None:
        ids = [str(uuid.uuid4()) for _ in range(1000)]
        assert db.query("SELECT length({ids:Array(UUID)})", parameters={"ids": ids}).result_rows == [(1000,)]

    def test_threads_insert_at_once(self, data: Path, db: Client, table: str) -> None:
        def insert(number: int) -> None:
            with client(data) as own:
                for batch in range(5):
                    first = (number * 5 + batch) * 100
                    own.insert(table, [list(range(first, first + 100)), ["x"] * 100], column_oriented=True)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(insert, range(8)))
        assert db.query(f"SELECT count(), uniqExact(a) FROM {table}").result_rows == [(4000, 4000)]

    def test_parameters_as_a_form(self, data: Path) -> None:
        form = clickhouse_connect.get_client(dsn=connect_url(data), form_encode_query_params=True)
        with form as db:
            assert db.query("SELECT {s:String}", parameters={"s": "a'\n"}).result_rows == [("a'\n",)]

    @pytest.mark.parametrize(
        ("sql", "message"),
        [("SELECT nope", "UNKNOWN_IDENTIFIER"), ("SELEC 1", "SYNTAX_ERROR"), ("SELECT * FROM nope", "UNKNOWN_TABLE")],
    )
    def test_errors_carry_the_reason(self, db: Client, sql: str, message: str) -> None:
        with pytest.raises(DatabaseError, match=message):
            db.query(sql)
        with pytest.raises(DatabaseError, match=message):
            db.command(sql)

    def test_insert_into_no_table(self, db: Client) -> None:
        with pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
            db.insert("nope", [[1]], column_names=["a"], column_type_names=["UInt8"])

    def test_settings(self, db: Client) -> None:
        assert db.query("SELECT getSetting('max_block_size')", settings={"max_block_size": 77}).result_rows == [(77,)]
        assert db.query("SELECT getSetting('max_block_size')").result_rows != [(77,)]

    def test_token_of_an_insert_counts_once(self, db: Client) -> None:
        db.command(
            "CREATE OR REPLACE TABLE once (a UInt64) ENGINE = MergeTree ORDER BY a "
            "SETTINGS non_replicated_deduplication_window = 100"
        )
        for value in (1, 2):
            db.insert("once", [[value]], column_names=["a"], settings={"insert_deduplication_token": "same"})
        assert db.query("SELECT a FROM once").result_rows == [(1,)]

    def test_mutations_and_merges_run(self, db: Client, table: str) -> None:
        db.insert(table, [[1, 2, 3], ["a", "b", "c"]], column_oriented=True)
        db.command(f"ALTER TABLE {table} DELETE WHERE a = 1", settings={"mutations_sync": 2})
        db.command(f"DELETE FROM {table} WHERE a = 2")
        db.command(f"OPTIMIZE TABLE {table} FINAL")
        assert db.query(f"SELECT a FROM {table}").result_rows == [(3,)]


class TestMemory:
    def test_one_budget(self, db: Client) -> None:
        rows = db.query("SELECT name, value FROM system.server_settings WHERE changed").result_rows
        settings = {row[0]: row[1] for row in rows}
        assert int(settings["max_server_memory_usage"]) == (2 << 30) * 4 // 5
        assert int(settings["mark_cache_size"]) < 2 << 27

    def test_merges_give_way(self, db: Client) -> None:
        [(nice,)] = db.query(
            "SELECT value FROM system.server_settings WHERE name = 'os_threads_nice_value_merge_mutate'"
        ).result_rows
        assert int(nice) > 0

    def test_a_query_over_it_fails_alone(self, db: Client) -> None:
        with pytest.raises(DatabaseError, match="MEMORY_LIMIT_EXCEEDED"):
            db.command("SELECT length(groupArray(randomPrintableASCII(1000))) FROM numbers(5000000)")
        assert db.query("SELECT 1").result_rows == [(1,)]


class TestLife:
    def test_one_engine_a_folder(self, data: Path) -> None:
        second = subprocess.run([*MODULE, "--data", os.fspath(data)], capture_output=True, timeout=30)
        assert second.returncode == exits.TAKEN
        assert b"another engine" in second.stderr
        assert answers(data)

    def test_stop_lets_queries_end(self, tmp_path: Path) -> None:
        process = start(tmp_path)
        with ThreadPoolExecutor(1) as pool:
            query = {"query": "SELECT sleep(3)"}
            query_answer = pool.submit(httpx.get, base(tmp_path), params=query, auth=login(tmp_path), timeout=60)
            time.sleep(1.5)  # it has arrived by then, on a busy machine, too, and has not ended
            stop(process)
            assert query_answer.result().text == "0\n"
        assert process.returncode == 0
        assert not (tmp_path / "engine.port").exists()

    def test_stop_does_not_wait_for_ever(self, tmp_path: Path) -> None:
        process = start(tmp_path)
        long = "SELECT count() FROM numbers(1000000) WHERE sleepEachRow(1) SETTINGS max_block_size = 1"

        def ask() -> None:
            with pytest.raises(httpx.TransportError):
                httpx.get(base(tmp_path), params={"query": long}, auth=login(tmp_path), timeout=120)

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.5)
        begun = time.monotonic()
        stop(process)
        asking.join()
        assert process.returncode == 0
        assert time.monotonic() - begun < 60  # the query would take eleven days

    def test_ends_with_its_parent(self, tmp_path: Path) -> None:
        child = [*MODULE, "--data", os.fspath(tmp_path), "--die-with-parent"]
        parent = subprocess.Popen([sys.executable, "-c", f"import subprocess; subprocess.run({child!r})"])
        try:
            wait(lambda: answers(tmp_path))
        finally:
            parent.kill()
            parent.wait()
        wait(lambda: not answers(tmp_path))

    def test_what_was_acknowledged_survives_kill(self, tmp_path: Path) -> None:
        acknowledged: set[int] = set()
        for turn in range(4):
            process = start(tmp_path)
            db = client(tmp_path)
            db.command("CREATE TABLE IF NOT EXISTS kept (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
            stood = {row[0] for row in db.query("SELECT a FROM kept").result_rows}
            assert acknowledged <= stood
            killer = threading.Timer(0.4, process.kill)
            for batch in range(10_000):
                rows = [(turn * 10_000 + batch) * 10 + i for i in range(10)]
                try:
                    db.insert("kept", [rows, ["x" * 100] * 10], column_oriented=True)
                except (ClickHouseError, OSError):
                    break
                acknowledged.update(rows)
                if batch == 2:  # however slow the machine is, some were acknowledged by then
                    killer.start()
            killer.join()
            process.communicate(timeout=60)
        with running(tmp_path), client(tmp_path) as db:
            kept_rows = db.query("SELECT a FROM kept").result_rows
        assert acknowledged <= {row[0] for row in kept_rows}
        assert len(acknowledged) > 100

    def test_says_nothing_of_the_data(self, tmp_path: Path) -> None:
        process = start(tmp_path)
        url, auth = base(tmp_path), login(tmp_path)
        for sql in ("SELECT 'secret'", "SELECT secret", "INSERT INTO secret FORMAT CSV\nsecret", "SELECT 'secret"):
            httpx.post(url, content=sql.encode(), auth=auth)
        assert stop(process) == b""


def wait(until: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.02)
