"""The engine over HTTP: what other clients of ClickHouse send, and what the reading login may."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import lz4.frame  # type: ignore[import-untyped]
import pytest
import zstandard
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from lrs.engine.sql import NotReading, only_reads
from lrs.engine.tenant_rows import reader_settings
from tests.support.engine_process import MOST_QUERY_BYTES, base, client, login, reader


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
        bomb = pack(b" " * (MOST_QUERY_BYTES + 1))
        assert http.post("/", content=bomb, headers=headers).status_code == 413

    def test_too_large(self, http: httpx.Client) -> None:
        assert http.post("/", content=b" " * (MOST_QUERY_BYTES + 1)).status_code == 413

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
        for wrong in [None, (user, "x"), ("x", password), (user, reader(data)[1]), ("", "")]:
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
                base(data) + "/", params={"query": "SELECT sleep(3)"}, auth=login(data), timeout=240, verify=False
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
            "SELECT s FROM {t} WHERE s = 'file(''x''); DROP'",
            "SELECT format('{{}}', 1) FROM numbers(3)",
        ],
    )
    def test_reads(self, data: Path, table: str, sql: str) -> None:
        answer = httpx.post(base(data), content=sql.format(t=table).encode(), auth=reader(data))
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
            "SELECT * APPLY(file) FROM (SELECT '/etc/hostname')",
            "SELECT * APPLY file FROM (SELECT '/etc/hostname')",
            "SELECT COLUMNS('p') APPLY(`file`) FROM (SELECT '/etc/hostname' AS p)",
            "SELECT arrayMap(File, ['/etc/hostname'])",
            "SELECT arrayMap(\"file\", ['/etc/hostname'])",
            "SELECT arrayMap(`fil\\x65`, ['/etc/hostname'])",
            "SELECT * APPLY(aiGenerate) FROM (SELECT 'x')",
            "EXPLAIN AST SELECT file('/etc/hostname')",
            "EXPLAIN ESTIMATE SELECT * FROM {t}",
            "SELECT * FROM (EXPLAIN ESTIMATE SELECT * FROM {t})",
            "SELECT * FROM viewExplain('EXPLAIN ESTIMATE', '', (SELECT * FROM {t}))",
            "EXPLAIN indexes = 1 SELECT * FROM {t}",
            "EXISTS default.`/etc/hostname`",
            "SHOW CREATE TABLE default.`/etc/hostname`",
            "SELECT hasColumnInTable('default', '/etc/hostname', 'a')",
            "SELECT * FROM merge('pacer', '.*')",
            "SELECT * FROM mergeTreeIndex(pacer, {t})",
            "SELECT * FROM {t} PREWHERE a = 1",
        ],
    )
    def test_does_nothing_else(self, data: Path, db: Client, table: str, sql: str) -> None:
        content = sql.format(t=table).encode()
        answer = httpx.post(base(data), content=content, auth=reader(data))
        assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "164"), answer.text
        assert db.query(f"SELECT count() FROM {table}").result_rows == [(0,)]

    def test_reads_no_file_as_a_table(self, data: Path, tmp_path: Path) -> None:
        file = tmp_path / "x.csv"
        file.write_text("a,b\n1,2\n")
        for sql in (f"SELECT * FROM default.`{file}`", f"SELECT * FROM '{file}'", f"DESCRIBE default.`{file}`"):
            answer = httpx.post(base(data), params={"database": "default"}, content=sql.encode(), auth=reader(data))
            assert answer.status_code in (403, 404), answer.text

    @pytest.mark.parametrize(
        ("name", "wanted", "kept"),
        [
            ("readonly", "0", "1"),
            ("max_execution_time", "0", "60"),
            ("max_memory_usage", "0", str(512 << 20)),
            ("query_plan_enable_optimizations", "1", "0"),
        ],
    )
    def test_settings_do_not_free_it(self, data: Path, name: str, wanted: str, kept: str) -> None:
        params = {"query": f"SELECT toUInt64(getSetting('{name}'))", name: wanted}
        assert httpx.get(base(data), params=params, auth=reader(data)).text == f"{kept}\n"
        params = {"query": f"SELECT 1 SETTINGS {name} = {wanted}"}
        assert httpx.get(base(data), params=params, auth=reader(data)).status_code == 403

    def test_no_function_that_reads_files_is_new(self, db: Client) -> None:
        """Where a new version of the engine has another, readers must not name it either."""
        wide = "^ai[a-z]|file|url|http|s3|remote|catboost|bayes|certificate|columnintable|exec|script|shell|llm"
        names = f"SELECT name FROM system.functions WHERE match(lower(name), '{wide}')"
        of_text = re.compile("URLParam|URLHash|Hierarchy|URL(Form)?Component|64URL|Ngrams|rofiles$|filesystem")
        of_request = {"currentRequestURL", "getClientHTTPHeader"}  # the reader's own
        found = {name for (name,) in db.query(names).result_rows if not of_text.search(name)} - of_request
        assert "file" in found
        for name in sorted(found):
            with pytest.raises(NotReading, match=name):
                only_reads(f"SELECT arrayMap({name}, ['x'])", frozenset())

    def test_no_setting_of_an_answer_is_a_file(self, data: Path, db: Client, tmp_path: Path) -> None:
        names = [name for (name,) in db.query("SELECT name FROM system.settings").result_rows]
        allowed = [name for name in names if reader_settings({name: "1"}, {}, 1).get(name) == "1"]
        assert "output_format_json_quote_64bit_integers" in allowed
        assert not [name for name in allowed if re.search("schema|path|file|url|table|command|template", name)]
        kept = tmp_path / "kept"
        kept.write_text("kept")
        for format_ in ("Protobuf", "ProtobufSingle", "ProtobufList", "CapnProto"):
            params = {"query": f"SELECT 1 AS a FORMAT {format_}", "output_format_schema": str(kept)}
            httpx.get(base(data), params=params, auth=reader(data))
            assert kept.read_text() == "kept"

    def test_slow_readers_do_not_hold_up_writers(self, data: Path, db: Client) -> None:
        def ask(_: int) -> str:
            params = {"query": "SELECT sleep(0.5)"}
            return httpx.get(base(data), params=params, auth=reader(data), timeout=30).text

        with ThreadPoolExecutor(8) as pool:
            queries = [pool.submit(ask, number) for number in range(8)]
            time.sleep(0.2)
            assert db.query("SELECT 1").result_rows == [(1,)]
            assert not all(query_under_way.done() for query_under_way in queries)
            assert {query_under_way.result() for query_under_way in queries} == {"0\n"}

    def test_the_client_works(self, data: Path, table: str) -> None:
        with client(data, reader(data)) as db:
            assert db.query("SELECT {n:UInt8} + 1", parameters={"n": 1}).result_rows == [(2,)]
            with pytest.raises(ClickHouseError, match="READONLY"):
                db.insert(table, [[1, "x"]])
