from __future__ import annotations

from pathlib import Path

import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry, NotUnderstood
from lrs.log.sqlite import SqliteLog
from schemas.catalog import Activity, Catalog, Class
from schemas.invalid import Invalid
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


def test_changes_that_are_made_together_are_one_record(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    catalogs = Catalogs(log)
    assert catalogs.append_all("t", "key", [Class(id="c"), Activity(id="a", skills=["one"]), Class(id="d")], now=1) == 0
    assert log.end(CATALOG) == 1
    found = Catalogs(log).latest("t")
    assert (set(found.classes), found.activities["a"].skills, found.position) == ({"c", "d"}, ["one"], 0)
    log.close()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"no record at all", "not a change of the catalog"),
        (b'{"version":2,"tenant":"t"}', "version 2; this release reads version 1"),
        (
            b'{"version":1,"tenant":"t","credential":"k","time":1,"changes":[{"kind":"of the future"}]}',
            "a change of a newer release",
        ),
    ],
)
def test_what_cannot_be_read_is_never_passed_over(tmp_path: Path, value: bytes, reason: str) -> None:
    log = SqliteLog(tmp_path)
    catalogs = Catalogs(log)
    catalogs.append("t", "key", Class(id="c"), now=1)
    log.append(CATALOG, Entry("t", value))
    for _ in range(2):
        with pytest.raises(NotUnderstood, match=f"position 1 of catalog: .*{reason}"):
            catalogs.at("t", 2)
    assert catalogs.position == 1
    log.close()


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    """A copy that was updated is validated by nobody, and would halt every reader."""
    log = SqliteLog(tmp_path)
    grown = Activity(id="https://a.example/1", skills=["s"]).model_copy(update={"id": ""})
    with pytest.raises(Invalid):
        Catalogs(log).append_all("t", "tool", [Activity(id="https://a.example/2", skills=["s"]), grown], 1)
    assert log.end(CATALOG) == 0
    log.close()
