"""What is wrong with the files of a roster is named, and the rest is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lrs.people.roster import Roster, RosterKind
from tests.lrs.people.test_oneroster import ALL, Files, read, without
from tests.support.rosters import (
    CLASSES,
    COURSES,
    ENROLLMENTS,
    GOOD,
    MANIFEST,
    ORGS,
    ROLES,
    SESSIONS,
    USERS,
    Cells,
    changed,
    csv_bytes,
)


def row(cells: Cells, line: int) -> tuple[str, ...]:
    return tuple(cells[line - 1])


def header(cells: Cells, old: str, new: str) -> Cells:
    return [[new if name == old else name for name in cells[0]], *cells[1:]]


DELTA = [changed(USERS, n, "status", "active")[n - 1] for n in (2, 3)]
everybody: Callable[[Roster], bool] = lambda r: set(r.enrollments) == ALL  # noqa: E731

# Each: the files, what the problems have to say (file:line: field), and what is read all the same.
DEFECTS: dict[str, tuple[Files, list[str], Callable[[Roster], bool]]] = {
    "1 no manifest": (without("manifest"), ["manifest.csv: is missing"], everybody),
    "1 a named file is missing": (
        without("roles"),
        ["manifest.csv: file.roles: says bulk, but roles.csv is missing"],
        everybody,
    ),
    "1 present though absent": (
        {**GOOD, "manifest": changed(MANIFEST, 5, "value", "absent")},
        ["manifest.csv: file.academicSessions: says absent, but the file is there"],
        lambda r: r.classes["7b"].starts == "2026-09-01",
    ),
    "1 blank in the manifest": (
        {
            **GOOD,
            "manifest": [*changed(MANIFEST, 4, "value", ""), ("source.systemCode", "absent"), ("file.scoreScales",)],
        },
        ["manifest.csv: file.orgs: says nothing, but the file is there"],
        everybody,
    ),
    "1 another version": (
        {**GOOD, "manifest": changed(MANIFEST, 3, "value", "1.0")},
        ["manifest.csv: oneroster.version: is 1.0"],
        everybody,
    ),
    "2 macOS's own files": ({**GOOD, "__MACOSX/._users.csv": b"\0", ".DS_Store": b"\0"}, [], everybody),
    "3 a byte order mark": ({**GOOD, "users": b"\xef\xbb\xbf" + csv_bytes(USERS)}, [], everybody),
    "3 Windows' characters": (
        {**GOOD, "users": csv_bytes(changed(USERS, 3, "givenName", "Zoë")).decode().encode("cp1252")},
        ["users.csv:3: is not UTF-8"],
        lambda r: RosterKind.PERSON in r.partial,
    ),
    "4 a misspelt column": (
        {**GOOD, "orgs": header(ORGS, "dateLastModified", "dataLastModified")},
        ["orgs.csv:1: dataLastModified: read as dateLastModified"],
        everybody,
    ),
    "4 another misspelt column": (
        {**GOOD, "users": [(*USERS[0], "prefferedGivenName"), *((*one, "Ad") for one in USERS[1:])]},
        ["users.csv:1: prefferedGivenName: read as preferredGivenName"],
        lambda r: r.persons["u1"].name == "Ad Lovelace",
    ),
    "4 another case": (
        {**GOOD, "users": header(USERS, "sourcedId", "SOURCEDID")},
        ["users.csv:1: SOURCEDID: read as sourcedId"],
        everybody,
    ),
    "4 a file's name in another case": (
        {**without("users"), "Users.CSV": csv_bytes(USERS)},
        [],
        everybody,
    ),
    "4 empty columns at the end": (
        {**GOOD, "orgs": [(*ORGS[0], "", ""), (*ORGS[1], "", "")]},
        [],
        everybody,
    ),
    "4 columns in another order": ({**GOOD, "orgs": [cells[::-1] for cells in ORGS]}, [], everybody),
    "4 an invented column": (
        {**GOOD, "orgs": [(*ORGS[0], "headTeacher", "metadata.x"), (*ORGS[1], "Ann", "y")]},
        ["orgs.csv:1: headTeacher: is not a known column"],
        everybody,
    ),
    "4 a column twice": (
        {**GOOD, "orgs": [(*ORGS[0], "name"), (*ORGS[1], "South")]},
        ["orgs.csv:1: name: comes twice"],
        lambda r: r.schools["s1"].name == "North School",
    ),
    "4 a needed column is missing": (
        {**GOOD, "users": header(USERS, "sourcedId", "key")},
        ["users.csv:1: key: is not a known column", "users.csv:1: sourcedId: the column is missing"],
        lambda r: RosterKind.PERSON in r.partial and not r.persons,
    ),
    "5 an enumeration in another case": (
        {
            **GOOD,
            "users": changed(USERS, 2, "enabledUser", "TRUE"),
            "classes": changed(CLASSES, 2, "classType", "Scheduled"),
        },
        ["users.csv:2: enabledUser: TRUE", "classes.csv:2: classType: Scheduled"],
        everybody,
    ),
    "5 a role in another case": ({**GOOD, "enrollments": changed(ENROLLMENTS, 2, "role", "Student")}, [], everybody),
    "6 a status in a bulk file": (
        {**GOOD, "users": changed(USERS, 2, "status", "active")},
        ["users.csv: status: is given in 1 of 3 rows"],
        lambda r: RosterKind.PERSON not in r.partial,
    ),
    "6 a status in every row of a bulk file": (
        {**GOOD, "users": [USERS[0], *DELTA]},
        ["users.csv: status: is given throughout"],
        lambda r: RosterKind.PERSON in r.partial,
    ),
    "6 a removal in a bulk file": (
        {**GOOD, "users": changed(USERS, 3, "status", "tobedeleted")},
        ["users.csv: status: is given in 1 of 3 rows"],
        lambda r: r.deleted[RosterKind.PERSON] == {"u2"} and len(r.enrollments) == 2,
    ),
    "6 inactive, a word of 1.0": (
        {**GOOD, "users": changed(USERS, 3, "status", "inactive")},
        ["users.csv: status: is given in 1 of 3 rows", "users.csv:3: status: inactive is read as tobedeleted"],
        lambda r: r.deleted[RosterKind.PERSON] == {"u2"},
    ),
    "6 a delta without a status": (
        {**GOOD, "manifest": changed(MANIFEST, 8, "value", "delta")},
        ["users.csv: status: is empty throughout"],
        lambda r: RosterKind.PERSON not in r.partial,
    ),
    "7 a day of another country": (
        {**GOOD, "academicSessions": changed(SESSIONS, 2, "startDate", "1/05/2023")},
        ["academicSessions.csv:2: startDate: 1/05/2023 is not a day"],
        lambda r: r.classes["7b"].starts == "" and r.classes["7b"].ends == "2027-02-01",
    ),
    "7 a day with a time": (
        {**GOOD, "academicSessions": changed(SESSIONS, 2, "startDate", "2026-09-01T00:00:00Z")},
        [],
        lambda r: r.classes["7b"].starts == "2026-09-01",
    ),
    "7 a day that is none": (
        {**GOOD, "academicSessions": changed(SESSIONS, 2, "startDate", "2026-02-30")},
        ["academicSessions.csv:2: startDate: 2026-02-30 is not a day"],
        everybody,
    ),
    "8 classes of courses that are not there": (
        {**GOOD, "courses": [COURSES[0]]},
        ["classes.csv:2: courseSourcedId: m7 is not in courses.csv"],
        everybody,
    ),
    "8 no courses at all": (
        {**without("courses"), "manifest": [one for one in MANIFEST if one[0] != "file.courses"]},
        [],
        everybody,
    ),
    "8 an enrolment of nobody": (
        {**GOOD, "enrollments": changed(ENROLLMENTS, 3, "userSourcedId", "u9")},
        ["enrollments.csv:3: userSourcedId: there is no person u9"],
        lambda r: len(r.enrollments) == 2,
    ),
    "8 an enrolment in no class": (
        {**GOOD, "enrollments": changed(ENROLLMENTS, 3, "classSourcedId", "")},
        ["enrollments.csv:3: classSourcedId: there is no class (empty)"],
        lambda r: len(r.enrollments) == 2,
    ),
    "8 a school that is not there": (
        {**GOOD, "classes": changed(CLASSES, 2, "schoolSourcedId", "s9")},
        ["classes.csv:2: schoolSourcedId: s9 is not in orgs.csv"],
        lambda r: r.classes["7b"].school == "" and set(r.enrollments) == ALL,
    ),
    "8 a role of nobody": (
        {**GOOD, "roles": changed(ROLES, 2, "userSourcedId", "u9")},
        ["roles.csv:2: userSourcedId: there is no person u9"],
        everybody,
    ),
    "10 an id twice": (
        {**GOOD, "users": [*USERS, USERS[1]]},
        ["users.csv:5: sourcedId: u1 is that of line 2, too"],
        lambda r: r.persons["u1"].name == "Ada Lovelace",
    ),
    "10 an address twice": (
        {**GOOD, "users": changed(USERS, 3, "email", "ada@school.example")},
        ["users.csv:3: email: is that of line 2, too"],
        everybody,
    ),
    "10 an enrolment under two ids": (
        {**GOOD, "enrollments": [*ENROLLMENTS, ("e9", *row(ENROLLMENTS, 2)[1:])]},
        [],
        everybody,
    ),
    "10 blanks in a list": (
        {**GOOD, "classes": changed(CLASSES, 2, "grades", "07, 08 ,")},
        [],
        lambda r: r.classes["7b"].grades == ["07", "08"],
    ),
    "10 an id that is empty": (
        {**GOOD, "users": changed(USERS, 3, "sourcedId", "")},
        [
            "users.csv:3: sourcedId: is empty",
            "roles.csv:3: userSourcedId: there is no person u2",
            "enrollments.csv:3: userSourcedId: there is no person u2",
        ],
        lambda r: len(r.enrollments) == 2,
    ),
    "10 an id that is too long": (
        {**GOOD, "orgs": [*ORGS, ("x" * 256, *ORGS[1][1:])]},
        ["orgs.csv:3: sourcedId: is longer than 255"],
        everybody,
    ),
    "no name": (
        {**GOOD, "users": changed(changed(USERS, 3, "givenName", ""), 3, "familyName", "")},
        ["users.csv:3: givenName: and familyName are empty"],
        everybody,
    ),
    "no address": (
        {**GOOD, "users": changed(USERS, 3, "email", "none")},
        ["users.csv:3: email: is not an address"],
        lambda r: r.persons["u2"].mailboxes == [],
    ),
    "Open edX's nobody": (
        {**GOOD, "users": changed(USERS, 3, "email", "unknown@example.com")},
        ["users.csv:3: email: is not an address"],
        lambda r: r.persons["u2"].mailboxes == [],
    ),
    "userIds without braces": (
        {**GOOD, "users": changed(USERS, 3, "userIds", "77")},
        ["users.csv:3: userIds: is not {Type:Id}"],
        everybody,
    ),
    "a role that is none": (
        {**GOOD, "enrollments": changed(ENROLLMENTS, 3, "role", "pupil")},
        ["enrollments.csv:3: role: pupil is not a role in a class"],
        lambda r: len(r.enrollments) == 2,
    ),
    "more cells than the header": (
        {**GOOD, "orgs": [ORGS[0], (*ORGS[1], "more")]},
        ["orgs.csv:2: has more cells than the header"],
        everybody,
    ),
    "a line break in a cell": (
        {**GOOD, "orgs": [*changed(ORGS, 2, "name", "North\nSchool"), ("s2", "", "", "", "school", "", "")]},
        ["orgs.csv:4: name: is empty", "orgs.csv:2: name: has a line break"],
        everybody,
    ),
    "an enrolment that is over": (
        {**GOOD, "enrollments": changed(ENROLLMENTS, 3, "endDate", "2026-11-25")},
        [],
        lambda r: len(r.enrollments) == 2 and len(r.ended_enrollments) == 1,
    ),
    "an enrolment that ends tomorrow": (
        {**GOOD, "enrollments": changed(ENROLLMENTS, 3, "endDate", "2026-11-26")},
        [],
        everybody,
    ),
    "an enrolment to come": (
        {**GOOD, "enrollments": changed(ENROLLMENTS, 3, "beginDate", "2026-11-26")},
        [],
        lambda r: len(r.enrollments) == 2,
    ),
    "demographics of nobody": (
        {**GOOD, "demographics": [("sourcedId", "status", "dateLastModified", "asian"), ("u9", "", "", "TRUE")]},
        ["manifest.csv: file.demographics: says nothing", "demographics.csv:2: sourcedId: there is no person u9"],
        everybody,
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_named_and_the_rest_is_read(tmp_path: Path, defect: str) -> None:
    files, said, holds = DEFECTS[defect]
    found = read(tmp_path, files)
    told = [str(problem) for problem in found.problems]
    assert len(told) == len(said), told
    for problem, wanted in zip(told, said, strict=True):
        assert problem.startswith(wanted)
    assert holds(found)
