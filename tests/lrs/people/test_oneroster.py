"""OneRoster as it is found: the standard, and every defect that public files are known to have."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lrs.csv_files.problem import UnreadableCsv
from lrs.people import oneroster
from lrs.people.roster import ClassRole, Enrollment, Roster, RosterClass
from tests.support.rosters import (
    CLASSES,
    GOOD,
    MANIFEST,
    ORGS,
    USERS,
    changed,
    csv_bytes,
    packed,
)

TODAY = date(2026, 11, 25)
ALL = {
    Enrollment("7b", "u1", ClassRole.LEARNER),
    Enrollment("7b", "u2", ClassRole.LEARNER),
    Enrollment("7b", "w1", ClassRole.TEACHER),
}
Files = dict[str, Any]


def read(tmp_path: Path, files: Files, folder: str = "") -> Roster:
    return oneroster.read_oneroster(packed(tmp_path / "roster.zip", files, folder), TODAY)


def without(*names: str) -> Files:
    return {name: cells for name, cells in GOOD.items() if name not in names}


def test_what_is_read_of_a_good_one(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert found.problems == []
    assert found.partial == set()
    assert set(found.enrollments) == ALL
    assert found.schools["s1"].name == "North School"
    assert found.classes["7b"] == RosterClass("7b", "Maths 7b", "s1", ["07"], "2026-09-01", "2027-02-01")
    ada = found.persons["u1"]
    assert (ada.name, ada.roles, ada.schools, ada.grades) == ("Ada Lovelace", ["student"], ["s1"], ["07"])
    assert (ada.mailboxes, ada.agents) == (["ada@school.example"], ["p1"])
    assert ada.names == {
        "sourcedId": "u1",
        "username": "Ada.L",
        "identifier": "A-1",
        "email": "Ada@School.example",
        "userMasterIdentifier": "m-1",
        "userIds[LDAP]": "ada",
        "userIds[LTI]": "77",
    }


def test_passwords_are_read_by_nobody(tmp_path: Path) -> None:
    assert "secret!" not in repr(read(tmp_path, GOOD))


def test_version_1_1(tmp_path: Path) -> None:
    """Its users have a role and schools; there is no roles.csv."""
    header = (*USERS[0], "orgSourcedIds", "role")
    rows = [(*USERS[1], "s1", "student"), (*USERS[2], "s1", "student"), (*USERS[3], "s1", "teacher")]
    manifest = changed(MANIFEST, 3, "value", "1.1")
    files = {**GOOD, "manifest": manifest, "users": [header, *rows]}
    del files["roles"]
    files["manifest"] = [row for row in manifest if row[0] != "file.roles"]
    found = read(tmp_path, files)
    assert found.problems == []
    assert found.persons["w1"].roles == ["teacher"]


def test_a_folder_was_packed_not_its_files(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD, folder="export/")
    assert [str(problem) for problem in found.problems] == [
        "roster.zip: the files are in the folder export: they belong at the root"
    ]
    assert set(found.enrollments) == ALL


def test_a_folder_on_disk(tmp_path: Path) -> None:
    for name, cells in GOOD.items():
        (tmp_path / f"{name}.csv").write_bytes(csv_bytes(cells))
    assert set(oneroster.read_oneroster(tmp_path, TODAY).enrollments) == ALL


def test_microsofts_dialect(tmp_path: Path) -> None:
    """SDS v2.1: no manifest, enrolments without ids, roles by session and grade."""
    files = without("manifest", "roles", "enrollments") | {
        "enrollments": [("classSourcedId", "userSourcedId", "role"), ("7b", "u1", "student"), ("7b", "w1", "teacher")],
        "roles": [
            ("userSourcedId", "orgSourcedId", "role", "sessionSourcedId", "grade", "isPrimary"),
            ("u1", "s1", "student", "t1", "08", "true"),
        ],
    }
    found = read(tmp_path, files)
    assert [str(problem) for problem in found.problems] == ["manifest.csv: is missing: every file is read as bulk"]
    assert set(found.enrollments) == {
        Enrollment("7b", "u1", ClassRole.LEARNER),
        Enrollment("7b", "w1", ClassRole.TEACHER),
    }
    assert found.persons["u1"].grades == ["07", "08"]


def test_a_profile_names_an_account(tmp_path: Path) -> None:
    profiles = [
        ("sourcedId", "userSourcedId", "profileType", "vendorId", "credentialType", "username", "password"),
        ("q1", "u1", "lms", "moodle", "basic", "ada77", "secret!"),
    ]
    found = read(tmp_path, {**GOOD, "userProfiles": profiles})
    assert found.persons["u1"].names["userProfiles[moodle]"] == "ada77"
    assert found.persons["u1"].names["userProfiles[lms]"] == "ada77"


def test_demographics_are_attributes(tmp_path: Path) -> None:
    demographics = [("sourcedId", "status", "dateLastModified", "asian", "sex"), ("u1", "", "", "TRUE", "female")]
    found = read(tmp_path, {**GOOD, "demographics": demographics})
    assert found.persons["u1"].attributes == {"asian": "true", "sex": "female"}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"students": USERS, "sections": CLASSES}, "Clever's own format"),
        ({"notes.txt": b"x"}, "holds no CSV"),
        ({"a/users.csv": csv_bytes(USERS), "b/orgs.csv": csv_bytes(ORGS)}, "in several folders"),
    ],
)
def test_what_is_no_roster(tmp_path: Path, files: Files, why: str) -> None:
    with pytest.raises(UnreadableCsv, match=why):
        read(tmp_path, files)


def test_a_zip_that_was_cut_off(tmp_path: Path) -> None:
    whole = packed(tmp_path / "roster.zip", GOOD)
    whole.write_bytes(whole.read_bytes()[:-50])
    with pytest.raises(UnreadableCsv, match="cut off"):
        oneroster.read_oneroster(whole, TODAY)
