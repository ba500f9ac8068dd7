"""Files into the log: what is refused, attachments beside, and going on where an import broke off."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from lrs.attachments import owner_of
from lrs.attachments.folder import FolderAttachments
from lrs.auth.credentials import Credential
from lrs.catalog.catalogs import Catalogs
from lrs.cli.main import main
from lrs.importing.imported_line import ImportedLine
from lrs.importing.load import BATCH, ImportCounts, ImportMark, load_statements
from lrs.importing.xapi import read_xapi
from lrs.log.sqlite import SqliteLog
from lrs.record.appender import IndexedAppender
from lrs.record.recorder import Preparation, Recorder
from schemas.record import STATEMENTS, Bundle
from schemas.xapi import Invalid
from tests.support.statements import HOME, answered


def lrs(data: Path, *words: str | Path) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, words), "--data", str(data)])


def written(tmp_path: Path, *documents: Any) -> Path:
    path = tmp_path / "export.ndjson"
    path.write_bytes(b"\n".join(orjson.dumps(document) for document in documents))
    return path


def stands(data: Path) -> list[dict[str, Any]]:
    log = SqliteLog(data / "log")
    try:
        records = log.read(STATEMENTS, 0, 1_000_000)
        return [orjson.loads(raw) for record in records for raw in Bundle.decode(record.value).statements]
    finally:
        log.close()


def test_an_import(tmp_path: Path) -> None:
    good, bad = answered(), answered() | {"verb": {}}
    path = written(tmp_path, {"statements": [good, bad]}, {"statement": answered("ben", version="2.0.0")})
    found = lrs(tmp_path / "data", path, "--json")
    assert found.exit_code == 1
    answer = json.loads(found.stdout)
    assert (answer["statements"], len(answer["refused"])) == (2, 1)
    assert answer["refused"][0].startswith("export.ndjson:1[1]: verb.id: is missing")
    assert {one["id"] for one in stands(tmp_path / "data")} >= {good["id"]}


def test_what_the_other_store_said_is_kept(tmp_path: Path) -> None:
    authority = {"objectType": "Agent", "account": {"homePage": "https://old.example", "name": "old"}}
    old, new = answered(stored="2020-01-01T00:00:00.000Z", authority=authority), answered()
    lrs(tmp_path / "data", written(tmp_path, old, new))
    log = SqliteLog(tmp_path / "data" / "log")
    [record] = log.read(STATEMENTS, 0, 10)
    log.close()
    bundle = Bundle.decode(record.value)
    assert bundle.imported is not None
    first, second = bundle.imported
    assert first is not None
    assert (first.stored, orjson.loads(first.authority)) == (old["stored"], authority)
    assert second is None
    assert all(b"old.example" not in raw for raw in bundle.statements)


def test_attachments_beside(tmp_path: Path) -> None:
    data = b"certificate"
    sha2 = hashlib.sha256(data).hexdigest()
    attachment = {"usageType": f"{HOME}/c", "display": {"en": "c"}, "contentType": "text/plain"}
    statements = [answered(n, attachments=[attachment | {"length": len(data), "sha2": sha2}]) for n in ("ada", "ben")]
    path = written(tmp_path, *statements, answered("c") | {"verb": {}})
    alone = json.loads(lrs(tmp_path / "data", path, "--json").stdout)
    assert alone["statements"] == 0
    assert "fileUrl: is missing" in alone["refused"][0]
    folder = tmp_path / "files" / "a"
    folder.mkdir(parents=True)
    (folder / f"{sha2}.txt").write_bytes(data)
    (folder / f"{'0' * 64}").write_bytes(b"of nobody")
    beside = json.loads(
        lrs(tmp_path / "data", path, "--attachments-in", tmp_path / "files", "--json", "--again").stdout
    )
    assert (beside["statements"], len(beside["refused"])) == (2, 1)
    assert (
        b"".join(FolderAttachments(tmp_path / "data" / "attachments").read("default", owner_of("import"), sha2)) == data
    )


def test_attachments_in_the_page_itself(tmp_path: Path) -> None:
    data = b"certificate\n"
    sha2 = hashlib.sha256(data).hexdigest()
    attachment = {"usageType": f"{HOME}/c", "display": {"en": "c"}, "contentType": "text/plain"}
    one = answered(attachments=[attachment | {"length": len(data), "sha2": sha2}])
    page = b"--b\r\nContent-Type: application/json\r\n\r\n" + orjson.dumps({"statements": [one]})
    page += b"\r\n--b\r\nX-Experience-API-Hash: " + sha2.encode() + b"\r\n\r\n" + data + b"\r\n--b--\r\n"
    (tmp_path / "page").write_bytes(page)
    found = lrs(tmp_path / "data", tmp_path / "page")
    assert found.exit_code == 0, found.output
    assert (
        b"".join(FolderAttachments(tmp_path / "data" / "attachments").read("default", owner_of("import"), sha2)) == data
    )


class Broken(Exception):
    """The power went."""


def test_it_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    path = written(tmp_path, *(answered(f"learner-{n}") for n in range(10 * BATCH)))
    log = SqliteLog(tmp_path / "log")
    recorder = Recorder(IndexedAppender(log), Preparation(Catalogs(log)))

    def some(most: int) -> Iterator[ImportedLine | Invalid]:
        yield from islice(read_xapi(path), most)
        raise Broken

    def once(lines: Iterator[ImportedLine | Invalid], again: bool = False) -> ImportCounts:
        mark = ImportMark(tmp_path / "imports", path, "t", again)
        return asyncio.run(load_statements(lines, recorder, Credential("import", "t"), mark=mark))

    with pytest.raises(BaseException) as error:  # noqa: PT011 - an ExceptionGroup, or Broken itself
        once(some(5 * BATCH + 7))
    assert "Broken" in repr(error.value)
    resumed = ImportMark(tmp_path / "imports", path, "t").done
    assert resumed <= 5 * BATCH
    assert resumed % BATCH == 0
    rest = once(iter(read_xapi(path)))
    assert (rest.resumed, rest.statements) == (resumed, 10 * BATCH - resumed)
    assert once(iter(read_xapi(path))).statements == 0
    assert once(iter(read_xapi(path)), again=True).statements == 10 * BATCH
    ids = [id_ for record in log.read(STATEMENTS, 0, 1_000_000) for id_ in Bundle.decode(record.value).ids]
    assert len(ids) == len(set(ids)) == 10 * BATCH
    log.close()


def test_a_file_whose_end_was_corrected_is_read_from_its_start(tmp_path: Path) -> None:
    lines = (*(answered(f"learner-{n}") for n in range(10 * BATCH)), answered("ada"))
    path = written(tmp_path, *lines)
    assert path.stat().st_size > 1 << 17
    ImportMark(tmp_path / "imports", path, "t").move(10 * BATCH + 1)
    path.write_bytes(path.read_bytes().replace(b"ada", b"bob"))
    assert ImportMark(tmp_path / "imports", path, "t").done == 0


def test_another_file_of_the_same_name_is_read(tmp_path: Path) -> None:
    lrs(tmp_path / "data", written(tmp_path, answered("ada")))
    assert json.loads(lrs(tmp_path / "data", written(tmp_path, answered("ben")), "--json").stdout)["statements"] == 1
