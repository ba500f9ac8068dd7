"""`lrs people`, as an administrator uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs import exits
from lrs.catalog.catalogs import Catalogs
from lrs.cli.main import main
from lrs.cli.people import line
from lrs.log.sqlite import SqliteLog
from schemas.people import People
from schemas.roster import Person

A, B = "https://m.example|a", "https://m.example|b"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    log = SqliteLog(folder / "log")
    Catalogs(log).append("default", "t", Person(id="42", name="Ada"), 1)
    log.close()
    return folder


def lrs(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["people", *words, "--data", str(data)])


def people(data: Path) -> People:
    log = SqliteLog(data / "log")
    try:
        return Catalogs(log).latest("default").people
    finally:
        log.close()


def test_merge_and_split(data: Path) -> None:
    merged = lrs(data, "merge", "person:42", A, "Ada@a.example", "--json")
    assert (merged.exit_code, json.loads(merged.output)["changes"]) == (0, 2), merged.output
    assert people(data).person(f"account:{A}") == people(data).person("mbox:mailto:ada@A.example") == "person:42"
    again = lrs(data, "merge", A, "ada@a.example")
    assert (again.exit_code, again.output) == (0, "they are one person already\n")
    assert lrs(data, "split", A).output == "split\n"
    assert people(data).person(f"account:{A}") == f"account:{A}"


def test_a_key_that_was_merged_and_is_used_is_listed_once() -> None:
    known_person = {
        "person": "person:42",
        "name": "Ada",
        "keys": [f"account:{A}"],
        "by_hand": [f"account:{A}", f"account:{B}"],
    }
    assert line(known_person) == f"person:42 (Ada): account:{A}, account:{B}"


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("merge", A), exits.USAGE, "Missing argument"),
        (("merge", "person:43", A), 1, "there is no person:43 on a roster"),
        (("merge", A, "nobody"), 1, "is not an actor"),
        (("split", B), exits.NOT_FOUND, "is not a part of another person"),
    ],
)
def test_what_cannot_be(data: Path, words: tuple[str, ...], code: int, why: str) -> None:
    ended = lrs(data, *words)
    assert ended.exit_code == code, ended.output
    assert why in ended.output
