"""The engine process, through the client that Pacer uses and through plain HTTP."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import clickhouse_connect
import httpx
import lz4.frame  # type: ignore[import-untyped]
import pytest
import zstandard
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from lrs import exits
from lrs.engine.connect import connect_url

MODULE = [sys.executable, "-m", "lrs.engine.serve"]
MOST_BYTES = 64 << 20


def start(data: Path, *more: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([*MODULE, "--data", os.fspath(data), *more], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not answers(data):
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def answers(data: Path) -> bool:
    try:
        return httpx.get(base(data) + "/ping").text == "Ok.\n"
    except (FileNotFoundError, httpx.TransportError):
        return False


def base(data: Path) -> str:
    return "http://" + connect_url(data).rpartition("@")[2].removesuffix("/pacer")


def stop(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> bytes:
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    return errors


def client(data: Path, login: str = "writer", compress: bool | str = False) -> Client:
    return clickhouse_connect.get_client(dsn=connect_url(data, login), compress=compress)


@contextmanager
def running(data: Path) -> Iterator[Path]:
    process = start(data)
    try:
        yield data
    finally:
        stop(process)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running(tmp_path_factory.mktemp("engine")) as folder:
        yield folder


@pytest.fixture
def db(data: Path) -> Iterator[Client]:
    with client(data) as found:
        yield found


@pytest.fixture
def table(db: Client) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    db.command(f"CREATE TABLE {name} (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
    yield name
    db.command(f"DROP TABLE {name}")


@pytest.fixture
def http(data: Path) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base(data), auth=login(data), timeout=30) as found:
        yield found


def login(data: Path, name: str = "writer") -> tuple[str, str]:
    user, _, password = connect_url(data, name).removeprefix("clickhouse://").partition("@")[0].partition(":")
    return user, password


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


class TestHttp:
    def test_alive(self, data: Path) -> None:
        assert httpx.get(base(data) + "/ping").text == "Ok.\n"
        assert httpx.get(base(data) + "/replicas_status").text == "Ok.\n"

    def test_headers(self, http: httpx.Client) -> None:
        answer = http.get("/", params={"query": "SELECT 1 AS x FORMAT JSONEachRow", "query_id": "mine"})
        assert answer.json() == {"x": 1}
        assert answer.headers["X-ClickHouse-Format"] == "JSONEachRow"
        assert answer.headers["X-ClickHouse-Query-Id"] == "mine"
        assert answer.headers["X-ClickHouse-Timezone"] == "UTC"
        assert json.loads(answer.headers["X-ClickHouse-Summary"])["read_rows"] == "1"

    @pytest.mark.parametrize(
        ("params", "headers"),
        [({"default_format": "CSV"}, {}), ({}, {"X-ClickHouse-Format": "CSV"}), ({"database": "system"}, {})],
    )
    def test_default_format(self, http: httpx.Client, params: dict[str, str], headers: dict[str, str]) -> None:
        answer = http.post("/", params=params, headers=headers, content=b"SELECT currentDatabase()")
        assert answer.text in ('"pacer"\n', "system\n")

    @pytest.mark.parametrize(
        ("argument", "body"),
        [
            ("INSERT INTO {t} (a, s) FORMAT CSV", '1,"x"\n'),
            ("INSERT INTO {t} FORMAT JSONEachRow", '{{"a":1,"s":"x"}}'),
            ("INSERT INTO {t}", "1\tx\n"),
            ("INSERT INTO {t} VALUES", "(1, 'x')"),
            ("INSERT INTO {t} SELECT 1, 'x'", ""),
            ("", "INSERT INTO {t} (a, s) FORMAT CSV\n1,x\n"),
            ("", "INSERT INTO {t} SETTINGS max_insert_block_size = 9 FORMAT TSV\n1\tx\n"),
            ("", "INSERT INTO {t} VALUES (1, 'x') -- FORMAT CSV\n"),
            ("", "/* FORMAT */ INSERT INTO `{t}` (a, `s`) FORMAT Values (1, 'x')"),
        ],
    )
    def test_ways_to_insert(self, http: httpx.Client, table: str, argument: str, body: str) -> None:
        params = {"query": argument.format(t=table)} if argument else {}
        answer = http.post("/", params=params, content=body.format(t=table).encode())
        assert answer.status_code == 200, answer.text
        assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "1"
        assert http.post("/", content=f"SELECT * FROM {table}".encode()).text == "1\tx\n"

    def test_broken_data_inserts_nothing(self, http: httpx.Client, table: str) -> None:
        whole = http.post("/", content=b"SELECT number AS a, toString(a) AS s FROM numbers(1000) FORMAT Native").content
        insert = f"INSERT INTO {table} (a, s) FORMAT Native\n".encode()
        for broken in (whole[:-1], whole[:100], b"\xff" * 1000):
            answer = http.post("/", content=insert + broken)
            assert answer.status_code in (400, 404, 500)
            assert "DB::Exception" in answer.text
        assert http.post("/", content=f"SELECT count() FROM {table}".encode()).text == "0\n"
        assert http.post("/", content=insert + whole).status_code == 200
        assert http.post("/", content=f"SELECT count() FROM {table}".encode()).text == "1000\n"

    @pytest.mark.parametrize(
        ("encoding", "pack"),
        [("gzip", gzip.compress), ("lz4", lz4.frame.compress), ("zstd", zstandard.ZstdCompressor().compress)],
    )
    def test_packed_request(self, http: httpx.Client, encoding: str, pack: Callable[[bytes], bytes]) -> None:
        headers = {"Content-Encoding": encoding}
        assert http.post("/", content=pack(b"SELECT 7"), headers=headers).text == "7\n"
        assert http.post("/", content=b"SELECT 7", headers=headers).status_code == 400
        bomb = pack(b" " * (MOST_BYTES + 1))
        assert http.post("/", content=bomb, headers=headers).status_code == 413

    def test_too_large(self, http: httpx.Client) -> None:
        assert http.post("/", content=b" " * (MOST_BYTES + 1)).status_code == 413

    @pytest.mark.parametrize(
        ("sql", "status", "code"),
        [
            (b"", 400, "62"),
            (b"\xff", 400, "62"),
            (b"SELEC 1", 400, "62"),
            (b"SELECT * FROM nope", 404, "60"),
            (b"SELECT * FROM nope.nope", 404, "81"),
            (b"SELECT throwIf(1)", 500, "395"),
        ],
    )
    def test_statuses(self, http: httpx.Client, sql: bytes, status: int, code: str) -> None:
        answer = http.post("/", content=sql)
        assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (status, code)
        assert f"Code: {code}. DB::Exception" in answer.text

    def test_unknown_setting(self, http: httpx.Client) -> None:
        assert http.get("/", params={"query": "SELECT 1", "nope": "1"}).headers["X-ClickHouse-Exception-Code"] == "115"
        assert http.get("/", params={"query": "SELECT 1", "a = 1; x": "1"}).status_code == 404

    def test_ways_to_log_in(self, data: Path) -> None:
        user, password = login(data)
        url, ask = base(data) + "/", {"query": "SELECT 1"}
        headers = {"X-ClickHouse-User": user, "X-ClickHouse-Key": password}
        assert httpx.get(url, params=ask, headers=headers).text == "1\n"
        assert httpx.get(url, params={**ask, "user": user, "password": password}).text == "1\n"
        for wrong in [None, (user, "x"), ("x", password), (user, login(data, "reader")[1]), ("", "")]:
            answer = httpx.get(url, params=ask, auth=wrong)
            assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (401, "516")
        assert httpx.get(url, params=ask, headers={"Authorization": "Basic %"}).status_code == 401

    def test_requests_share_no_session(self, http: httpx.Client) -> None:
        for sql in (b"USE system", b"SET max_threads = 1", b"CREATE TEMPORARY TABLE mine (a UInt8)"):
            assert http.post("/", content=sql).status_code == 200
        assert http.post("/", content=b"SELECT currentDatabase()").text == "pacer\n"
        assert http.post("/", content=b"SELECT * FROM mine").status_code == 404

    def test_too_many_at_once(self, data: Path) -> None:
        def ask(_: int) -> int:
            return httpx.get(
                base(data) + "/", params={"query": "SELECT sleep(3)"}, auth=login(data), timeout=240
            ).status_code

        with ThreadPoolExecutor(50) as pool:
            counts = Counter(pool.map(ask, range(50)))
        assert set(counts) == {200, 503}
        assert counts[200] >= 36


class TestReader:
    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT count() FROM {t}",
            "(SELECT 1);",
            "WITH x AS (SELECT 1) SELECT * FROM x -- it's fine",
            "SHOW TABLES",
            "DESCRIBE TABLE {t}",
            "EXISTS {t}",
            "EXPLAIN SELECT * FROM {t}",
            "SELECT s FROM {t} WHERE s = 'file(''x''); DROP'",
            "SELECT format('{{}}', 1) FROM numbers(3)",
        ],
    )
    def test_reads(self, data: Path, table: str, sql: str) -> None:
        answer = httpx.post(base(data), content=sql.format(t=table).encode(), auth=login(data, "reader"))
        assert answer.status_code == 200, answer.text

    @pytest.mark.parametrize(
        "sql",
        [
            "INSERT INTO {t} VALUES (1, 'x')",
            "INSERT INTO {t} FORMAT CSV\n1,x\n",
            "INSERT INTO {t} SELECT 1, 'x'",
            "INSERT INTO {t} FROM INFILE '/etc/hostname' FORMAT CSV",
            "WITH 1 AS x INSERT INTO {t} SELECT x, 'x'",
            "DROP TABLE {t}",
            "TRUNCATE TABLE {t}",
            "ALTER TABLE {t} DELETE WHERE 1",
            "CREATE TABLE u (a UInt8) ENGINE = Memory",
            "CREATE TEMPORARY TABLE u (a UInt8)",
            "SET readonly = 0",
            "SELECT 1 SETTINGS readonly = 0",
            "SELECT 1; DROP TABLE {t}",
            "SELECT 1 /* /* */ ; DROP TABLE {t} /* */ */",
            "SELECT 1 -- '\r; DROP TABLE {t} -- '",
            "SELECT $$'$$; DROP TABLE {t}; SELECT $$'$$",
            "SELECT 1 # '\n; DROP TABLE {t} -- '",
            "KILL QUERY WHERE 1",
            "SYSTEM SHUTDOWN",
            "SELECT file('/etc/hostname')",
            "SELECT FILE/**/ ('/etc/hostname')",
            "SELECT `file`('/etc/hostname')",
            "SELECT \"fil\\x65\"('/etc/hostname')",
            "SELECT * FROM file('/etc/hostname', 'LineAsString')",
            "SELECT * FROM eval('SELECT 1')",
            "DESCRIBE TABLE file('/etc/hostname')",
            "DESCRIBE url('http://127.0.0.1:1/', 'CSV')",
            "SELECT * FROM s3('http://127.0.0.1:1/aaa/b', 'CSV')",
            "SELECT * FROM python('x')",
            "SELECT 1 INTO OUTFILE '/tmp/pacer-never'",
            "EXPLAIN AST SELECT file('/etc/hostname')",
        ],
    )
    def test_does_nothing_else(self, data: Path, db: Client, table: str, sql: str) -> None:
        content = sql.format(t=table).encode()
        answer = httpx.post(base(data), content=content, auth=login(data, "reader"))
        assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "164"), answer.text
        assert db.query(f"SELECT count() FROM {table}").result_rows == [(0,)]

    def test_reads_no_file_as_a_table(self, data: Path, tmp_path: Path) -> None:
        file = tmp_path / "x.csv"
        file.write_text("a,b\n1,2\n")
        for sql in (f"SELECT * FROM default.`{file}`", f"SELECT * FROM '{file}'", f"DESCRIBE default.`{file}`"):
            answer = httpx.post(
                base(data), params={"database": "default"}, content=sql.encode(), auth=login(data, "reader")
            )
            assert answer.status_code in (403, 404), answer.text

    def test_settings_do_not_free_it(self, data: Path) -> None:
        params = {"query": "SELECT getSetting('readonly')", "readonly": "0", "allow_introspection_functions": "1"}
        assert httpx.get(base(data), params=params, auth=login(data, "reader")).text == "1\n"

    def test_slow_readers_do_not_hold_up_writers(self, data: Path, db: Client) -> None:
        def ask(_: int) -> str:
            params = {"query": "SELECT sleep(0.5)"}
            return httpx.get(base(data), params=params, auth=login(data, "reader"), timeout=30).text

        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(ask, number) for number in range(8)]
            time.sleep(0.2)
            assert db.query("SELECT 1").result_rows == [(1,)]
            assert not all(one.done() for one in asked)
            assert {one.result() for one in asked} == {"0\n"}

    def test_the_client_works(self, data: Path, table: str) -> None:
        with client(data, "reader") as db:
            assert db.query("SELECT {n:UInt8} + 1", parameters={"n": 1}).result_rows == [(2,)]
            with pytest.raises(ClickHouseError, match="READONLY"):
                db.insert(table, [[1, "x"]])


class TestMemory:
    def test_one_budget(self, db: Client) -> None:
        rows = db.query("SELECT name, value FROM system.server_settings WHERE changed").result_rows
        settings = {row[0]: row[1] for row in rows}
        assert int(settings["max_server_memory_usage"]) == (2 << 30) * 4 // 5
        assert int(settings["mark_cache_size"]) < 2 << 27

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
            asked = pool.submit(httpx.get, base(tmp_path), params=query, auth=login(tmp_path), timeout=60)
            time.sleep(1.5)  # it has arrived by then, on a busy machine, too, and has not ended
            stop(process)
            assert asked.result().text == "0\n"
        assert process.returncode == 0
        assert not (tmp_path / "engine.port").exists()

    def test_stop_does_not_wait_for_ever(self, tmp_path: Path) -> None:
        process = start(tmp_path)
        long = "SELECT count() FROM numbers(1000000) WHERE sleepEachRow(1) SETTINGS max_block_size = 1"

        def ask() -> None:
            with pytest.raises(httpx.TransportError):
                httpx.get(base(tmp_path), params={"query": long}, auth=login(tmp_path), timeout=30)

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.5)
        begun = time.monotonic()
        stop(process)
        asking.join()
        assert process.returncode == 0
        assert time.monotonic() - begun < 5

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
            killer.start()
            for batch in range(10_000):
                rows = [(turn * 10_000 + batch) * 10 + i for i in range(10)]
                try:
                    db.insert("kept", [rows, ["x" * 100] * 10], column_oriented=True)
                except (ClickHouseError, OSError):
                    break
                acknowledged.update(rows)
            killer.join()
            process.communicate(timeout=60)
        with running(tmp_path), client(tmp_path) as db:
            found = db.query("SELECT a FROM kept").result_rows
        assert acknowledged <= {row[0] for row in found}
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
