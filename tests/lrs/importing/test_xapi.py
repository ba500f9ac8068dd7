from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from lrs.importing.imported_line import ImportedLine
from lrs.importing.xapi import read_xapi, with_id
from schemas.xapi import Invalid


@pytest.mark.parametrize(
    "text",
    [
        b'{"actor":"a"}\n{"actor":"b"}\n\n{"actor":"c"}',
        b'[{"actor":"a"},{"actor":"b"},{"actor":"c"}]',
        b'[{"actor":"a"}]\n[{"actor":"b"},{"actor":"c"}]\n',
        b'{"actor":"a"}\n[{"actor":"b"},{"actor":"c"}]\n',
    ],
)
def test_lines_arrays_and_arrays_in_lines(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(text)
    lines = [line for line in read_xapi(path) if isinstance(line, ImportedLine)]
    assert [orjson.loads(line.raw)["actor"] for line in lines] == ["a", "b", "c"]
    assert lines[-1].through == len(text)


def test_each_statement_is_named_by_line_and_by_place_in_an_array(tmp_path: Path) -> None:
    def where(text: bytes) -> list[str]:
        file = tmp_path / "s.json"
        file.write_bytes(text)
        return [one.where for one in read_xapi(file) if isinstance(one, ImportedLine)]

    assert where(b'{"verb": 1}\n{"verb": 2}') == ["s.json:1", "s.json:2"]
    assert where(b'[{"verb": 1}, {"verb": 2}]') == ["s.json:1[0]", "s.json:1[1]"]
    assert where(b'[\n{"verb": 1},\n{"verb": 2}]') == ["s.json[0]", "s.json[1]"]
    assert where(b'{\n"verb": 1}') == ["s.json"]


def test_what_is_no_json_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b'{"actor":"a"}\n{"actor":\n{"actor":"c"}\n')
    found = list(read_xapi(path))
    assert [type(one) for one in found] == [ImportedLine, Invalid, ImportedLine]
    assert isinstance(found[1], Invalid)
    assert found[1].field == "file.json:2"


def test_a_missing_id_is_decided_by_the_bytes() -> None:
    one, again, other = with_id(b'{"actor":"a"}'), with_id(b'{"actor":"a"}'), with_id(b'{"actor":"b"}')
    assert one == again
    assert orjson.loads(one)["id"] != orjson.loads(other)["id"]
    assert orjson.loads(with_id(b"{}")).keys() == {"id"}
    assert with_id(b'{"id":"x"}') == b'{"id":"x"}'
