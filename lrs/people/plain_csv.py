"""A roster in one CSV: a row for each person in each class."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from lrs.csv_files.files import CsvFiles
from lrs.csv_files.problem import UnreadableCsv
from lrs.csv_files.table import CsvColumns
from lrs.people.roster import Additions, ClassRole, Enrollment, Roster, RosterClass, RosterPerson, RosterSchool
from schemas.people import LONGEST_KEY
from schemas.roster import LONGEST_ID
from schemas.typed_text import line_fault
from schemas.wording import worded, words_of
from schemas.xapi.actor_keys import actor_key

PLAIN_COLUMNS = CsvColumns(
    ("class",),
    (
        *("class_name", "school", "school_name", "zone", "id", "name", "given_name", "family_name", "role", "grade"),
        *("email", "actor", "home_page", "account", "username", "identifier"),
    ),
)
_ROLES = {
    "": ClassRole.LEARNER,
    "learner": ClassRole.LEARNER,
    "student": ClassRole.LEARNER,
    "teacher": ClassRole.TEACHER,
}


def read_plain_csv(path: Path) -> Roster:
    """The roster in a CSV. A person is known by `id`, else by the first of email, actor and account; a file is the
    whole truth of its source. Raises UnreadableCsv, OSError."""
    files = CsvFiles(path)
    [name, *_] = files
    table = files.table(name, PLAIN_COLUMNS)
    roster = Roster(problems=files.problems)
    if table is None:
        raise UnreadableCsv("; ".join(map(str, files.problems)))

    def problem(line: int, field: str, message: str, error: bool = True) -> None:
        roster.problems.add(table.file, line, field, message, error)

    add = Additions()
    for row in table.rows:
        aliases = []
        identity_columns = {"actor": row["actor"]}
        if row["account"] or row["home_page"]:
            identity_columns["account"] = f"{row['home_page']}|{row['account']}"
        for column, text in identity_columns.items():
            try:
                if len(text) > LONGEST_KEY:
                    raise ValueError(worded("is longer than %(most)s characters", most=LONGEST_KEY))
                aliases += [actor_key(text)] if text else []
            except ValueError as error:
                problem(row.line, column, worded("%(error)s: passed over", error=words_of(error)), error=False)
        mail = row["email"].lower().removeprefix("mailto:")
        if mail and "@" not in mail:
            problem(row.line, "email", worded("is not an address: passed over"), error=False)
            mail = ""
        id_ = row["id"] or mail or next(iter(aliases), "")
        if fault := line_fault(id_):  # of an account, where nothing else names the person
            problem(row.line, "account", worded("%(what)s: left out", what=fault))
            continue
        role = _ROLES.get(row["role"].lower())
        school = row["school"] or row["school_name"]
        too_long = [name for name, value in (("class", row["class"]), ("id", id_)) if len(value) > LONGEST_ID]
        if too_long:
            problem(
                row.line,
                too_long[0],
                worded("is longer than %(most)s characters: the row is left out", most=LONGEST_ID),
            )
            continue
        if len(school) > LONGEST_ID:
            problem(
                row.line,
                "school",
                worded("is longer than %(most)s characters: passed over", most=LONGEST_ID),
                error=False,
            )
            school = ""
        if not row["class"] or not id_ or role is None:
            wrong = "class" if not row["class"] else "role" if role is None else "id"
            why = {
                "class": worded("is empty: the row is left out"),
                "role": worded("%(role)s is neither learner nor teacher: the row is left out", role=row["role"]),
                "id": worded("nothing names the person: the row is left out"),
            }
            problem(
                row.line,
                wrong,
                why[wrong],
            )
            continue
        called = row["name"] or f"{row['given_name']} {row['family_name']}".strip()
        person = roster.persons.setdefault(id_, RosterPerson(id_, called))
        if called and person.name and called != person.name:
            problem(
                row.line, "name", worded("is another than before for %(id)s: the first is kept", id=id_), error=False
            )
        person.name = person.name or called
        add(person.roles, "student" if role is ClassRole.LEARNER else "teacher")
        add(person.grades, row["grade"])
        add(person.mailboxes, mail)
        for alias in aliases:
            add(person.aliases, alias)
        names = {"sourcedId": id_, "username": row["username"], "identifier": row["identifier"], "email": mail}
        person.names |= {variable: value for variable, value in names.items() if value}
        zone = row["zone"]
        if zone and not is_zone(zone):
            problem(row.line, "zone", worded("%(zone)s is not a time zone: passed over", zone=zone), error=False)
            zone = ""
        if school:
            roster.schools.setdefault(school, RosterSchool(school, row["school_name"] or school, zone))
            add(person.schools, school)
        class_ = roster.classes.setdefault(
            row["class"], RosterClass(row["class"], row["class_name"] or row["class"], school)
        )
        add(class_.grades, row["grade"])
        roster.enrollments[Enrollment(class_.id, id_, role)] = None
    return roster


def is_zone(name: str) -> bool:
    """Whether a text names a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
