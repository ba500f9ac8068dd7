"""External tables: a client sends them beside a query, and they are gone after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.external import ExternalData

from lrs.engine.connect import connect_url
from tests.support.engine import running
from tests.support.engine_process import reader


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("engine")
    with running(folder):
        yield folder


@pytest.fixture
def client(data: Path) -> Client:
    return clickhouse_connect.get_client(dsn=connect_url(data))


def letters(rows: bytes, structure: str = "a String, n UInt8", name: str = "letters") -> ExternalData:
    return ExternalData(file_name=name, data=rows, fmt="TSV", structure=structure)


def test_they_are_read_and_gone_afterwards(client: Client) -> None:
    both = letters(b"x\t1\ny\t2\n")
    both.add_file(file_name="more", data=b'["z"]\n', fmt="JSONCompactEachRow", structure="a String")
    sql = "SELECT a, n FROM letters WHERE a NOT IN (SELECT a FROM more) AND n >= {n:UInt8} ORDER BY a"
    for _ in range(2):  # the same names again
        answer = client.query(sql, parameters={"n": 2}, external_data=both)
        assert answer.result_rows == [("y", 2)]
    with pytest.raises(DatabaseError, match="60"):
        client.query("SELECT * FROM letters")


def test_one_that_is_large(client: Client) -> None:
    rows = b"".join(b"%d\t1\n" % n for n in range(1_000_000))
    assert client.query("SELECT count() FROM letters", external_data=letters(rows)).result_rows == [(1_000_000,)]


@pytest.mark.parametrize(
    ("external", "code"),
    [
        (letters(b"x\tnot a number\n"), "27"),
        (letters(b"", structure="a NoType"), "50"),
        (letters(b"", structure=""), "36"),
    ],
)
def test_one_that_is_wrong(client: Client, external: ExternalData, code: str) -> None:
    with pytest.raises(DatabaseError, match=rf"Code: {code}\b|code {code}\b"):
        client.query("SELECT count() FROM letters", external_data=external)
    assert client.query("SELECT 1").result_rows == [(1,)]


def test_a_reader_may_not_send_them(data: Path) -> None:
    reading = clickhouse_connect.get_client(dsn=connect_url(data, reader(data)))
    with pytest.raises(DatabaseError, match="164"):
        reading.query("SELECT count() FROM letters", external_data=letters(b"x\t1\n"))
