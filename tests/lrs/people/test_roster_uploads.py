"""Rosters that wait for somebody to say yes."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.people.roster_uploads import SECONDS, KeptUpload, Uploads

ROSTER = KeptUpload("roster.zip", "sis", b"PK", imported=False)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'uploads.db'}"


def test_it_is_found_by_its_tenant_alone(url: str) -> None:
    kept, elsewhere = Uploads(url), Uploads(url)  # of two processes
    token = kept.keep("a", ROSTER)
    assert elsewhere.find("a", token) == ROSTER
    assert elsewhere.find("b", token) is None
    assert elsewhere.find("a", token + "x") is None


def test_the_file_is_kept_until_it_is_imported(url: str) -> None:
    kept = Uploads(url)
    token = kept.keep("a", ROSTER)
    kept.finish("b", token, b"of another tenant")
    kept.finish("a", token, b"what,file\n")
    assert kept.find("a", token) == KeptUpload("roster.zip", "sis", b"what,file\n", imported=True)
    kept.finish("a", token, b"")  # a second click: nothing was left to import
    assert kept.find("a", token) == KeptUpload("roster.zip", "sis", b"what,file\n", imported=True)


def test_it_expires(url: str, tmp_path: Path) -> None:
    time = [1000.0]
    kept = Uploads(url, lambda: time[0])
    secret = KeptUpload("r.csv", "sis", b"Ada Lovelace", imported=False)
    token = kept.keep("a", secret)
    time[0] += SECONDS - 1
    assert kept.find("a", token) == secret
    time[0] += 1
    assert kept.find("a", token) is None
    kept.keep("a", ROSTER)  # clears what has expired
    time[0] -= SECONDS
    assert kept.find("a", token) is None


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("roster.zip", "roster.zip"),
        ("../../etc/passwd", "passwd"),
        ("C:\\schools\\r.csv", "r.csv"),
        ("..", "roster"),
        ("", "roster"),
        ("a\0b", "roster"),
        ("ü" * 200 + ".csv", "ü" * 48 + ".csv"),
    ],
)
def test_names_of_files(sent: str, name: str) -> None:
    assert KeptUpload(sent, "", b"", imported=False).file_name == name
