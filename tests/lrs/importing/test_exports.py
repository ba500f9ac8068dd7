"""What other stores export: their shapes, packings and pages, told from a file's own bytes."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from lrs.importing.imported_line import ImportedLine
from lrs.importing.xapi import read_xapi
from schemas.xapi import Invalid
from schemas.xapi.body import BOM
from tests.support.statements import answered

ONE, TWO = answered("ada"), answered("ben")
STORED = {"stored": "2020-01-01T00:00:00Z", "version": "1.0.0"} | {
    "authority": {"objectType": "Agent", "account": {"homePage": "https://old.example", "name": "old"}}
}


def dumped(*documents: Any) -> bytes:
    return b"\n".join(orjson.dumps(document) for document in documents)


def found(tmp_path: Path, content: bytes) -> list[ImportedLine]:
    path = tmp_path / "export.json"
    path.write_bytes(content)
    lines = list(read_xapi(path))
    assert all(isinstance(line, ImportedLine) for line in lines), lines
    return [line for line in lines if isinstance(line, ImportedLine)]


def dotless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.replace(".", "&46;"): dotless(one) for key, one in value.items()}
    return value


BOTH = (ONE, TWO)
EXTENDED = ONE | {"result": {"extensions": {"https://a.b.example/c.d": {"e.f": 1}}}}

SHAPES: dict[str, bytes] = {
    "lines": dumped(ONE, TWO),
    "an array": dumped([ONE, TWO]),
    "an array over several lines": orjson.dumps([ONE, TWO], option=orjson.OPT_INDENT_2),
    "a StatementResult": dumped({"statements": [ONE, TWO], "more": ""}),
    "a StatementResult over several lines": orjson.dumps({"statements": [ONE, TWO]}, option=orjson.OPT_INDENT_2),
    "a page a line": dumped({"statements": [ONE], "more": "/x"}, {"more": "", "statements": [TWO]}),
    "Learning Locker": dumped(*({"_id": "5f", "statement": one, "voided": False} for one in BOTH)),
    "Veracity, an array": dumped([{"_id": "5f", "lrs": "x", "statement": one} for one in BOTH]),
    "ADL's LRS, dumped": dumped(
        [{"model": "lrs.statement", "pk": n, "fields": {"full_statement": orjson.dumps(one).decode()}}
         for n, one in enumerate((ONE, TWO))]
    ),
    "Ralph from Elasticsearch": dumped(*({"_index": "s", "_id": one["id"], "_source": one} for one in BOTH)),
    "Ralph from MongoDB": dumped(*({"_id": "5f", "_source": {"id": one["id"], "statement": one}} for one in BOTH)),
    "Ralph from ClickHouse": dumped(*({"event_id": "x", "emission_time": "x", "event": one} for one in BOTH)),
    "a byte order mark": BOM + dumped(ONE, TWO),
    "empty lines first": b"\n\r\n" + dumped(ONE, TWO),
    "gzip": gzip.compress(dumped(ONE, TWO)),
    "gzip in two members": gzip.compress(dumped(ONE) + b"\n") + gzip.compress(dumped(TWO)),
    "zstd": zstandard.compress(dumped(ONE, TWO)),
    "zstd in two frames": zstandard.compress(dumped(ONE) + b"\n") + zstandard.compress(dumped(TWO)),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_the_statements_in_it(tmp_path: Path, shape: str) -> None:
    assert [orjson.loads(line.raw) for line in found(tmp_path, SHAPES[shape])] == [ONE, TWO]


def test_bytes_stay_as_they_are(tmp_path: Path) -> None:
    sent = b'{ "id" : "x",  "verb":{"id":"https:\\/\\/a.example"} , "n": 1.50 }'
    [line] = found(tmp_path, b'{"_id":1,"statement":' + sent + b"}")
    assert line.raw == sent


def test_dots_that_mongodb_does_not_take(tmp_path: Path) -> None:
    [line] = found(tmp_path, dumped({"_id": "5f", "statement": dotless(EXTENDED)}))
    assert orjson.loads(line.raw) == EXTENDED


def test_the_version_a_statement_says(tmp_path: Path) -> None:
    lines = found(tmp_path, dumped(ONE, ONE | {"version": "2.0.0"}, ONE | {"version": "1.0.0"}))
    assert [line.version for line in lines] == ["1.0.3", "2.0.0", "1.0.3"]


def test_a_page_with_attachments(tmp_path: Path) -> None:
    data = b"certificate\r\n"
    page = b"--b\r\nContent-Type: application/json\r\n\r\n" + dumped({"statements": [ONE, TWO], "more": ""})
    page += b"\r\n--b\r\nX-Experience-API-Hash: " + hashlib.sha256(data).hexdigest().encode() + b"\r\n\r\n"
    page += data + b"\r\n--b--\r\n"
    assert [orjson.loads(line.raw) for line in found(tmp_path, page)] == [ONE, TWO]


@pytest.mark.parametrize("content", [gzip.compress(dumped(ONE) * 50)[:-10], zstandard.compress(dumped(ONE) * 50)[:-5]])
def test_what_was_cut_off(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "export.json.gz"
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"export.json.gz is damaged or was cut off"):
        list(read_xapi(path))


def test_half_a_page(tmp_path: Path) -> None:
    path = tmp_path / "page"
    path.write_bytes(b"--b\r\nContent-Type: application/json\r\n\r\n{}")
    with pytest.raises(OSError, match="not a whole multipart page"):
        list(read_xapi(path))


def test_lines_that_are_wrong_are_named(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(b'{"statement": 7}\n{"statements": 7}\n"x"\n{"statement": "{"}\n' + dumped(ONE))
    lines = list(read_xapi(path))
    assert [type(line) for line in lines] == [Invalid] * 4 + [ImportedLine]
    assert [line.field for line in lines[:4] if isinstance(line, Invalid)] == [f"export.json:{n}" for n in range(1, 5)]


def test_an_empty_file(tmp_path: Path) -> None:
    assert found(tmp_path, b"\n \n") == []
