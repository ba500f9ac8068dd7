"""OneRoster 1.1 and 1.2 as CSV (1EdTech), and dialects of it, read as a roster.

The rows outrank the manifest. A row that says `tobedeleted` is a removal in any file; a file whose rows all carry a
status is a delta, whatever the manifest says. What a row in error names is neither changed nor removed.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from datetime import date
from pathlib import Path

from lrs.csv_files.files import CsvFiles
from lrs.csv_files.problem import UnreadableCsv
from lrs.csv_files.table import CsvRow, CsvTable
from lrs.people.oneroster_columns import ONEROSTER_COLUMNS, STATE
from lrs.people.roster import (
    Additions,
    ClassRole,
    Enrollment,
    Roster,
    RosterClass,
    RosterKind,
    RosterPerson,
    RosterSchool,
)
from schemas.wording import worded

_KINDS = {
    "orgs": RosterKind.SCHOOL,
    "users": RosterKind.PERSON,
    "classes": RosterKind.CLASS,
    "enrollments": RosterKind.ENROLLMENT,
}
_ROLES = {"student": ClassRole.LEARNER, "teacher": ClassRole.TEACHER}
_GONE = ("tobedeleted", "inactive")  # inactive is OneRoster 1.0's value, which exporters still write
_USER_IDS = re.compile(r"\{\s*([^:{}]+?)\s*:\s*([^{}]*?)\s*\}")
_ISO_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")
_EMPTY = worded("(empty)")
_LONGEST_ID = 255  # characters: what OneRoster 1.2 has every importer keep
NOBODY = "unknown@example.com"  # what Open edX writes for whoever it does not find


def read_oneroster(path: Path, today: date) -> Roster:
    """The roster in a zip or a folder. Raises UnreadableCsv, OSError."""
    files = CsvFiles(path)
    if "sections" in files and "students" in files:
        raise UnreadableCsv(
            worded("this is Clever's own format (students.csv, sections.csv): export OneRoster 1.1 or 1.2")
        )
    reader = _OneRosterReader(files, today)
    reader.roster.problems += files.problems
    return reader.roster


def is_oneroster(path: Path) -> bool:
    """Whether a zip or a folder looks like OneRoster. Raises UnreadableCsv, OSError."""
    files = CsvFiles(path)
    return "users" in files or "manifest" in files or "enrollments" in files


class _OneRosterReader:
    """Reads file after file in the order in which they refer to each other, so that causes come before effects."""

    def __init__(self, files: CsvFiles, today: date) -> None:
        self.roster = Roster()
        self._files = files
        self._today = today.isoformat()
        self._manifest()
        self._tables = {
            name: files.table(name, columns) for name, columns in ONEROSTER_COLUMNS.items() if name != "manifest"
        }
        self._delta = {
            name for name, table in self._tables.items() if table is not None and self._is_delta(name, table)
        }
        self.roster.partial = {
            kind for name, kind in _KINDS.items() if self._tables[name] is None or name in self._delta
        }
        self._terms: dict[str, tuple[str, str]] = {}
        self._schools()
        self._sessions()
        self._persons()
        self._roles()
        self._profiles()
        self._classes()
        self._enrollments()
        self._demographics()

    def _manifest(self) -> None:
        self._properties: dict[str, str] = {}
        table = self._files.table("manifest", ONEROSTER_COLUMNS["manifest"])
        if table is None:
            self._problem("manifest.csv", 0, "", worded("is missing: every file is read as bulk"))
            return
        self._properties = {row["propertyName"]: row["value"].lower() for row in table.rows}
        version = self._properties.get("oneroster.version", "")
        if version not in ("1.1", "1.2"):
            self._problem(
                table.file,
                0,
                "oneroster.version",
                worded("is %(version)s: read as 1.1 or 1.2", version=version or worded("missing")),
            )
        for name in ONEROSTER_COLUMNS:
            mode = self._properties.get(f"file.{name}", "")
            if mode in ("bulk", "delta") and name not in self._files:
                self._problem(
                    table.file,
                    0,
                    f"file.{name}",
                    worded("says %(said)s, but %(name)s.csv is missing", said=mode, name=name),
                    error=True,
                )
            elif mode in ("absent", "") and name in self._files and name != "manifest":
                self._problem(
                    table.file,
                    0,
                    f"file.{name}",
                    worded("says %(said)s, but the file is there: read", said=mode or worded("nothing")),
                )

    def _is_delta(self, name: str, table: CsvTable) -> bool:
        states = sum(bool(row["status"]) for row in table.rows)
        mode = self._properties.get(f"file.{name}", "bulk")
        if mode == "delta" and not states:
            self._problem(table.file, 0, "status", worded("is empty throughout: the file is read as bulk, not delta"))
            return False
        if mode != "delta" and states and states == len(table.rows):
            self._problem(table.file, 0, "status", worded("is given throughout: the file is read as delta, not bulk"))
            return True
        if mode != "delta" and states:
            self._problem(
                table.file,
                0,
                "status",
                worded("is given in %(states)s of %(rows)s rows of a bulk file", states=states, rows=len(table.rows)),
            )
        return mode == "delta"

    def _rows(self, name: str, kind: RosterKind | None = None) -> Iterator[tuple[CsvTable, CsvRow, str]]:
        """The rows that stay, with their ids; those that go are removed, those in error held."""
        table = self._tables[name]
        line_by_id: dict[str, int] = {}
        for row in table.rows if table else ():
            assert table is not None
            id_ = row["sourcedId"]
            if not id_ and "sourcedId" in ONEROSTER_COLUMNS[name].needed:
                self._problem(table.file, row.line, "sourcedId", worded("is empty: the row is left out"), error=True)
                continue
            if len(id_) > _LONGEST_ID:
                self._problem(
                    table.file,
                    row.line,
                    "sourcedId",
                    worded("is longer than %(most)s characters", most=_LONGEST_ID),
                    error=True,
                )
                continue
            if id_ and id_ in line_by_id:
                self._problem(
                    table.file,
                    row.line,
                    "sourcedId",
                    worded("%(id)s is that of line %(line)s, too: left out", id=id_, line=line_by_id[id_]),
                    True,
                )
                continue
            line_by_id[id_] = row.line
            status = row["status"].lower()
            if status in _GONE:
                if status == "inactive":
                    self._problem(table.file, row.line, "status", worded("inactive is read as tobedeleted"))
                if kind is not None:
                    self.roster.remove(kind, id_)
                if name == "enrollments" and row["role"].lower() in _ROLES:
                    role = _ROLES[row["role"].lower()]
                    self.roster.ended_enrollments.add(Enrollment(row["classSourcedId"], row["userSourcedId"], role))
                continue
            if status not in ("", "active"):
                self._problem(
                    table.file,
                    row.line,
                    "status",
                    worded("%(status)s is neither active nor tobedeleted: read as active", status=status),
                )
            yield table, row, id_

    def _schools(self) -> None:
        for table, row, id_ in self._rows("orgs", RosterKind.SCHOOL):
            if not row["name"]:
                self._problem(table.file, row.line, "name", worded("is empty: the id is shown instead"))
            self.roster.schools[id_] = RosterSchool(id_, row["name"] or id_)

    def _sessions(self) -> None:
        for table, row, id_ in self._rows("academicSessions"):
            self._terms[id_] = self._day(table, row, "startDate"), self._day(table, row, "endDate")

    def _persons(self) -> None:
        mailboxes: dict[str, int] = {}
        for table, row, id_ in self._rows("users", RosterKind.PERSON):
            given_name = row["preferredGivenName"] or row["givenName"]
            family = row["preferredFamilyName"] or row["familyName"]
            if not given_name and not family:
                self._problem(table.file, row.line, "givenName", worded("and familyName are empty: no name is shown"))
            if row["enabledUser"] and row["enabledUser"] not in ("true", "false"):
                self._problem(
                    table.file,
                    row.line,
                    "enabledUser",
                    worded("%(said)s is not true or false", said=row["enabledUser"]),
                )
            person = RosterPerson(id_, f"{given_name} {family}".strip())
            if row["role"]:
                person.roles.append(row["role"].lower())
            person.schools = self._listed_ids(table, row, "orgSourcedIds", self.roster.schools, "orgs")
            primary = row["primaryOrgSourcedId"]
            if primary and primary not in person.schools:
                person.schools = [
                    *self._listed_ids(table, row, "primaryOrgSourcedId", self.roster.schools, "orgs"),
                    *person.schools,
                ]
            person.grades, person.agents = row.list("grades"), row.list("agentSourcedIds")
            mail = row["email"].lower()
            if mail and ("@" not in mail or mail == NOBODY):
                self._problem(table.file, row.line, "email", worded("is not an address: ignored"))
            elif mail:
                if mail in mailboxes:
                    self._problem(
                        table.file,
                        row.line,
                        "email",
                        worded("is that of line %(line)s, too: it names neither", line=mailboxes[mail]),
                    )
                mailboxes.setdefault(mail, row.line)
                person.mailboxes.append(mail)
            names = {name: row[name] for name in ("username", "identifier", "email", "userMasterIdentifier")}
            person.names = {name: value for name, value in (("sourcedId", id_), *names.items()) if value}
            user_ids = _USER_IDS.findall(row["userIds"])
            if row["userIds"] and not user_ids:
                self._problem(table.file, row.line, "userIds", worded("is not {Type:Id}: passed over"))
            person.names |= {f"userIds[{type_}]": value for type_, value in user_ids if value}
            self.roster.persons[id_] = person

    def _roles(self) -> None:
        add, primaries = Additions(), dict[str, list[str]]()
        for table, row, _ in self._rows("roles"):
            person = self._person(table, row)
            if person is None:
                continue
            add(person.roles, row["role"].lower())
            add(person.grades, row["grade"])
            org = row["orgSourcedId"]
            if add.new(person.schools, org) and org not in self._deleted_ids(RosterKind.SCHOOL):
                school_ids = self._listed_ids(table, row, "orgSourcedId", self.roster.schools, "orgs")
                primary = row["roleType"].lower() == "primary" or row["isPrimary"].lower() == "true"
                (primaries.setdefault(person.id, []) if primary else person.schools).extend(school_ids)
        for id_, schools in primaries.items():
            self.roster.persons[id_].schools[:0] = reversed(schools)

    def _profiles(self) -> None:
        for table, row, _ in self._rows("userProfiles"):
            person = self._person(table, row)
            if person is not None and row["username"]:
                for called in {row["vendorId"], row["profileType"], row["applicationId"]} - {""}:
                    person.names[f"userProfiles[{called}]"] = row["username"]

    def _classes(self) -> None:
        for table, row, id_ in self._rows("classes", RosterKind.CLASS):
            if row["courseSourcedId"] and (courses := self._tables["courses"]):
                self._listed_ids(
                    table, row, "courseSourcedId", {course["sourcedId"] for course in courses.rows}, "courses"
                )
            if (type_ := row["classType"]) and type_ not in ("homeroom", "scheduled"):
                self._problem(
                    table.file, row.line, "classType", worded("%(type)s is neither homeroom nor scheduled", type=type_)
                )
            school = self._listed_ids(table, row, "schoolSourcedId", self.roster.schools, "orgs")
            terms = self._listed_ids(table, row, "termSourcedIds", self._terms, "academicSessions")
            starts, ends = zip(*(self._terms[term] for term in terms), strict=True) if terms else ((), ())
            self.roster.classes[id_] = RosterClass(
                id_,
                row["title"] or row["classCode"] or id_,
                school[0] if school else "",
                row.list("grades"),
                "" if "" in starts else min(starts, default=""),
                "" if "" in ends else max(ends, default=""),
            )

    def _enrollments(self) -> None:
        for table, row, _ in self._rows("enrollments"):
            class_, person, role_name = row["classSourcedId"], row["userSourcedId"], row["role"].lower()
            role = _ROLES.get(role_name)
            if role is None:
                if role_name not in ("administrator", "proctor", "aide"):
                    self._problem(
                        table.file,
                        row.line,
                        "role",
                        worded("%(role)s is not a role in a class", role=row["role"] or worded("nothing")),
                        True,
                    )
                continue
            wrong = False
            for column, id_, roster_ids, kind in (
                ("classSourcedId", class_, self.roster.classes, RosterKind.CLASS),
                ("userSourcedId", person, self.roster.persons, RosterKind.PERSON),
            ):
                if id_ in roster_ids or (kind in self.roster.partial and id_ not in self._deleted_ids(kind)):
                    continue  # what a delta does not name may be known from before
                wrong = True
                if id_ not in self._deleted_ids(kind):
                    self._problem(
                        table.file,
                        row.line,
                        column,
                        worded("there is no %(kind)s %(id)s: left out", kind=kind.words, id=id_ or _EMPTY),
                        True,
                    )
            if wrong:
                continue
            begins, ends = self._day(table, row, "beginDate"), self._day(table, row, "endDate")
            enrollment = Enrollment(class_, person, role)
            if (begins and begins > self._today) or (ends and ends <= self._today):
                self.roster.ended_enrollments.add(enrollment)
            else:
                self.roster.enrollments[enrollment] = None

    def _demographics(self) -> None:
        for table, row, id_ in self._rows("demographics"):
            person = self.roster.persons.get(id_)
            if person is None:
                self._problem(
                    table.file, row.line, "sourcedId", worded("there is no person %(id)s: left out", id=id_), error=True
                )
                continue
            demographics = {name: value for name, value in row.filled() if name not in ("sourcedId", *STATE)}
            person.attributes = {name: _lower_boolean(value) for name, value in demographics.items()}

    def _deleted_ids(self, kind: RosterKind) -> set[str]:
        return self.roster.deleted.get(kind, set())

    def _person(self, table: CsvTable, row: CsvRow) -> RosterPerson | None:
        id_ = row["userSourcedId"]
        person = self.roster.persons.get(id_)
        reported = RosterKind.PERSON not in self.roster.partial and id_ not in self._deleted_ids(RosterKind.PERSON)
        if person is None and reported:
            self._problem(
                table.file,
                row.line,
                "userSourcedId",
                worded("there is no person %(id)s: left out", id=id_ or _EMPTY),
                True,
            )
        return person

    def _listed_ids(
        self, table: CsvTable, row: CsvRow, column: str, roster_ids: Container[str], file: str
    ) -> list[str]:
        """The ids in a cell that are known; of the others a problem each, where their file is there at all."""
        valid_ids = []
        for id_ in row.list(column):
            if id_ in roster_ids:
                valid_ids.append(id_)
            elif file in self._files and file not in self._delta:
                self._problem(
                    table.file,
                    row.line,
                    column,
                    worded("%(id)s is not in %(file)s.csv: passed over", id=id_, file=file),
                )
        return valid_ids

    def _day(self, table: CsvTable, row: CsvRow, column: str) -> str:
        """A day as YYYY-MM-DD; "" where there is none, or it is ambiguous."""
        text = row[column]
        if not text:
            return ""
        match = _ISO_DAY.fullmatch(text)
        if match:
            try:
                return date.fromisoformat(match[1]).isoformat()
            except ValueError:
                pass
        self._problem(
            table.file, row.line, column, worded("%(text)s is not a day as YYYY-MM-DD: passed over", text=text)
        )
        return ""

    def _problem(self, file: str, line: int, field: str, message: str, error: bool = False) -> None:
        self.roster.problems.add(file, line, field, message, error)


def _lower_boolean(value: str) -> str:
    return value.lower() if value.lower() in ("true", "false") else value
