"""OneRoster files for tests, made here."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

Cells = Sequence[Sequence[str]]


def _columns(more: str) -> tuple[str, ...]:
    return ("sourcedId", "status", "dateLastModified", *more.split())


MANIFEST = [
    ("propertyName", "value"),
    ("manifest.version", "1.0"),
    ("oneroster.version", "1.2"),
    *((f"file.{name}", "bulk") for name in ("orgs", "academicSessions", "courses", "classes", "users", "roles")),
    ("file.enrollments", "bulk"),
]
ORGS = [
    ("sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId"),
    ("s1", "", "", "North School", "school", "", ""),
]
SESSIONS = [
    (
        "sourcedId",
        "status",
        "dateLastModified",
        "title",
        "type",
        "startDate",
        "endDate",
        "parentSourcedId",
        "schoolYear",
    ),
    ("t1", "", "", "Autumn", "term", "2026-09-01", "2027-02-01", "", "2027"),
]
COURSES = [
    ("sourcedId", "status", "dateLastModified", "schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId"),
    ("m7", "", "", "", "Maths 7", "", "07", "s1"),
]
CLASSES = [
    _columns(
        "title grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds subjects periods"
    ),
    ("7b", "", "", "Maths 7b", "07", "m7", "7b", "scheduled", "", "s1", "t1", "Maths", ""),
]
_USER = _columns(
    "enabledUser username userIds givenName familyName middleName identifier email sms phone agentSourcedIds grades "
    "password userMasterIdentifier primaryOrgSourcedId"
)


def user(id_: str, given: str, family: str, username: str, email: str, **more: str) -> tuple[str, ...]:
    """A row of users.csv."""
    cells = dict.fromkeys(_USER, "") | {"sourcedId": id_, "givenName": given, "familyName": family, "email": email}
    cells |= {"username": username, "enabledUser": "true", "primaryOrgSourcedId": "s1", **more}
    return tuple(cells[name] for name in _USER)


_ADA = {"userIds": "{LDAP:ada},{LTI:77}", "identifier": "A-1", "agentSourcedIds": "p1", "grades": "07"}
_ADA |= {"password": "secret!", "userMasterIdentifier": "m-1"}
USERS = [
    _USER,
    user("u1", "Ada", "Lovelace", "Ada.L", "Ada@School.example", **_ADA),
    user("u2", "Ben", "Bloom", "ben", "ben@school.example", identifier="B-2", grades="07"),
    user("w1", "Tess", "Teacher", "tess", "tess@school.example"),
]
ROLES = [
    (
        "sourcedId",
        "status",
        "dateLastModified",
        "userSourcedId",
        "roleType",
        "role",
        "beginDate",
        "endDate",
        "orgSourcedId",
    ),
    ("r1", "", "", "u1", "primary", "student", "", "", "s1"),
    ("r2", "", "", "u2", "primary", "student", "", "", "s1"),
    ("r3", "", "", "w1", "primary", "teacher", "", "", "s1"),
]
ENROLLMENTS = [
    _columns("classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate"),
    ("e1", "", "", "7b", "s1", "u1", "student", "", "", ""),
    ("e2", "", "", "7b", "s1", "u2", "student", "", "", ""),
    ("e3", "", "", "7b", "s1", "w1", "teacher", "true", "", ""),
]
GOOD: dict[str, Cells] = {
    "manifest": MANIFEST,
    "orgs": ORGS,
    "academicSessions": SESSIONS,
    "courses": COURSES,
    "classes": CLASSES,
    "users": USERS,
    "roles": ROLES,
    "enrollments": ENROLLMENTS,
}


def csv_bytes(cells: Cells) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells)
    return text.getvalue().encode()


def packed(path: Path, files: Mapping[str, Cells | bytes], folder: str = "") -> Path:
    """A zip of files (".csv" is added to names without a dot)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as into:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else csv_bytes(content)
            into.writestr(folder + (name if "." in name else f"{name}.csv"), data)
    return path


def changed(cells: Cells, line: int, column: str, value: str) -> list[tuple[str, ...]]:
    """The cells with one of them (line 1 is the header) changed."""
    header = list(cells[0])
    rows = [list(row) for row in cells]
    rows[line - 1] += [""] * (len(header) - len(rows[line - 1]))
    rows[line - 1][header.index(column)] = value
    return [tuple(row) for row in rows]


def school(users: int, per_class: int = 25) -> dict[str, Cells]:
    """A whole school: pupils in five classes each, a teacher for each class."""
    pupils = [f"p{n}" for n in range(users - users // 20)]
    teachers = [f"w{n}" for n in range(users // 20)]
    homes = -(-len(pupils) // per_class)
    subjects = ("maths", "english", "science", "history", "art")
    classes = [f"{subject}-{home}" for home in range(homes) for subject in subjects]
    enrolled = [
        (f"{subject}-{n // per_class}", pupil, "student") for n, pupil in enumerate(pupils) for subject in subjects
    ] + [(class_, teachers[n % len(teachers)], "teacher") for n, class_ in enumerate(classes)]
    return GOOD | {
        "classes": [
            CLASSES[0],
            *((c, "", "", c, "07", "m7", c, "scheduled", "", "s1", "t1", "", "") for c in classes),
        ],
        "users": [
            _USER,
            *(
                user(
                    id_, f"Given{n}", f"Family{n % 997}", f"user.{id_}", f"{id_}@school.example", identifier=f"ID{id_}"
                )
                for n, id_ in enumerate([*pupils, *teachers])
            ),
        ],
        "roles": [
            ROLES[0],
            *((f"r{id_}", "", "", id_, "primary", "student", "", "", "s1") for id_ in pupils),
            *((f"r{id_}", "", "", id_, "primary", "teacher", "", "", "s1") for id_ in teachers),
        ],
        "enrollments": [
            ENROLLMENTS[0],
            *((f"e{n}", "", "", class_, "s1", who, role, "", "", "") for n, (class_, who, role) in enumerate(enrolled)),
        ],
    }
