from __future__ import annotations

from pathlib import Path

from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from schemas.catalog import Activity, Catalog, Class
from schemas.record import CATALOG


def test_a_change_is_seen_by_every_reader_and_by_no_other_tenant(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    writer, reader = Catalogs(log), Catalogs(log)
    assert writer.append("here", "key", Class(id="c"), now=5) == 0
    assert "c" in reader.latest("here").classes
    assert reader.latest("elsewhere") == Catalog()
    log.close()


def test_a_statement_is_interpreted_with_the_catalog_of_its_time(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    catalogs = Catalogs(log)
    before = catalogs.position
    catalogs.append("t", "key", Activity(id="a", skills=["one"]), now=1)
    between = catalogs.position
    catalogs.append("t", "key", Class(id="c"), now=2)  # changes no interpretation
    catalogs.append("t", "key", Activity(id="a", skills=["two"]), now=3)
    for known in (catalogs, Catalogs(log)):  # whether it followed along or reads it all now
        assert known.at("t", before).activities == {}
        assert known.at("t", between).activities["a"].skills == ["one"]
        assert known.at("t", catalogs.position).activities["a"].skills == ["two"]
    log.close()


def test_what_a_newer_version_wrote_is_passed_over(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    log.append(CATALOG, Entry("t", b"from the future"))
    catalogs = Catalogs(log)
    catalogs.append("t", "key", Class(id="c"), now=1)
    assert "c" in catalogs.latest("t").classes
    log.close()
