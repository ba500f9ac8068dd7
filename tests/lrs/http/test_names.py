"""One rule for what somebody or something is called, wherever it is entered: one line of so many characters; one for
what identifies it: one line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lrs.auth.scopes import Scope
from lrs.cli.main import main
from lrs.cli.schemas import NOWHERE
from lrs.exits import USAGE
from lrs.people.plain_csv import read_plain_csv
from schemas.typed_text import LONGEST_NAME
from tests.support.api import Client
from tests.support.statements import key

BROKEN = {
    "a line break": "A\nda",
    "a control character": "A\x07da",
    "a turned line": "A\u202eda",
    "length": "a" * 100_000,
}
_HERE = ("--url", "https://store.example")
_LMS = (
    "--authorization",
    "https://lms.example/a",
    "--jwks",
    "https://lms.example/k",
    "--issuer",
    "https://lms.example",
)
# Where a name stands is None.
COMMANDS: tuple[tuple[str | None, ...], ...] = (
    ("accounts", "add", "kim", "--role", "leader", "--name", None),
    ("accounts", "add", "kim", "--role", "teacher", "--person", None),
    ("accounts", "add", None, "--role", "leader"),
    ("accounts", "change", "lee", "--name", None),
    ("accounts", "change", "lee", "--person", None),
    ("credentials", "add", "--secret", "s", "--key", "new", "--name", None),
    ("credentials", "add", "--secret", "s", "--key", None),
    ("credentials", "add", "--secret", "s", "--key", "new", "--tenant", None),
    ("credentials", "change", "tool", "--name", None),
    (
        "sign-in",
        "add",
        "x",
        "--issuer",
        "http://127.0.0.1:9",
        "--client",
        "c",
        "--secret",
        "s",
        *_HERE,
        "--label",
        None,
    ),
    ("sign-in", "add", "x", "--issuer", "http://127.0.0.1:9", "--client", None, "--secret", "s", *_HERE),
    ("sign-in", "add", None, "--issuer", "http://127.0.0.1:9", "--client", "c", "--secret", "s", *_HERE),
    ("lti", "add", "x", *_LMS, "--client", "c", "--deployment", "1", *_HERE, "--label", None),
    ("lti", "add", "x", *_LMS, "--client", "c", "--deployment", None, *_HERE),
    ("lti", "add", None, *_LMS, "--client", "c", "--deployment", "1", *_HERE),
    ("webhooks", "add", None, "--account", "lee", "--url", "https://hook.example"),
)
_SLOT = {"id": "1", "start": "09:00", "minutes": 20}
# The field that is named, and the request.
REQUESTS: tuple[tuple[str, str, str, Any], ...] = (
    ("0.name", "POST", "/catalog", [{"kind": "skill", "id": "s", "name": None}]),
    ("0.name", "POST", "/catalog", [{"kind": "class", "id": "c", "name": None}]),
    ("0.name", "POST", "/catalog/preview", [{"kind": "class", "id": "c", "name": None}]),
    (
        "0.learners.0.name",
        "POST",
        "/catalog",
        [{"kind": "class", "id": "c", "learners": [{"learner": "mailto:a@b.example", "name": None}]}],
    ),
    ("0.name", "POST", "/catalog", [{"kind": "school", "id": "c", "name": None}]),
    ("0.name", "POST", "/catalog", [{"kind": "person", "id": "c", "name": None}]),
    (
        "rooms.0.name",
        "PUT",
        "/pacing/timetables/7b",
        {"id": "7b", "slots": [_SLOT], "rooms": [{"id": "r", "name": None, "places": 9}], "adults": []},
    ),
    (
        "adults.0.name",
        "PUT",
        "/pacing/timetables/7b",
        {"id": "7b", "slots": [_SLOT], "rooms": [], "adults": [{"id": "a", "name": None}]},
    ),
    *(
        ("0.id", "POST", "/catalog", [{"kind": kind, "id": None}])
        for kind in ("skill", "activity", "pattern", "class", "school", "person", "attributes", "accounts", "material")
    ),
    ("0.requires.0", "POST", "/catalog", [{"kind": "skill", "id": "s", "requires": [None]}]),
    ("0.skills.0", "POST", "/catalog", [{"kind": "activity", "id": "a", "skills": [None]}]),
    ("0.learners.0.learner", "POST", "/catalog", [{"kind": "class", "id": "c", "learners": [{"learner": None}]}]),
    ("0.teachers.0", "POST", "/catalog", [{"kind": "class", "id": "c", "teachers": [None]}]),
    ("0.agents.0", "POST", "/catalog", [{"kind": "person", "id": "p", "agents": [None]}]),
    *(
        (
            f"{kind}.0.id",
            "PUT",
            "/pacing/timetables/7b",
            {"id": "7b", "slots": [_SLOT], "rooms": [], "adults": []} | more,
        )
        for kind, more in (
            ("rooms", {"rooms": [{"id": None, "places": 9}]}),
            ("adults", {"adults": [{"id": None}]}),
            ("slots", {"slots": [_SLOT | {"id": None}]}),
        )
    ),
    ("by", "POST", f"/pacing/notes/{key('ada')}", {"text": "n", "by": None}),
    ("by", "POST", "/pacing/policy", {"class_id": "7b", "thresholds": {"advance_at": 0.8}, "by": None}),
)
FORMS = (
    ("name", "/board/appeared", {"id": "x", "action": "adopt"}),
    ("id", "/board/appeared", {"action": "adopt"}),
    ("id", "/board/unmapped/preview", {"skill": "s"}),
    ("new", "/board/unmapped/preview", {"id": "https://a.example/1"}),
    ("id", "/board/initiatives", {"what": "w", "class": "7b", "since": "2026-01-01", "until": "2026-02-01"}),
    ("by", "/board/overrule", {"learner": "mailto:a@b.example", "skill": "s", "decision": "help", "reason": "r"}),
    ("by", "/board/put-off", {"learner": "mailto:a@b.example", "skill": "s", "class_id": "7b", "reason": "r"}),
    ("by", "/board/policy/preview", {"advance_at": "80"}),
    ("by", f"/board/notes/{key('ada')}", {"text": "n"}),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("names")
    for words in (
        ("accounts", "add", "lee", "--role", "leader"),
        ("credentials", "add", "--key", "tool", "--secret", "s"),
    ):
        made = CliRunner().invoke(main, [*words, "--data", str(data)])
        assert made.exit_code == 0, made.output
    return data


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("api"), NOWHERE)
    yield found
    found.close()


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(word or "NAME" for word in words)[:40])
def test_a_command_refuses_it(folder: Path, words: tuple[str | None, ...], broken: str) -> None:
    ended = CliRunner().invoke(
        main, [*(BROKEN[broken] if word is None else word for word in words), "--data", str(folder)]
    )
    assert ended.exit_code == USAGE, ended.output
    option = words[words.index(None) - 1] or ""
    assert (option if option.startswith("--") else "name").removeprefix("--") in ended.stderr.lower().replace(
        "login", "name"
    )
    assert len(ended.stderr) < 2 * LONGEST_NAME, "what was sent is not said back"


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize(
    ("field", "method", "path", "sent"), REQUESTS, ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_request_refuses_it(client: Client, field: str, method: str, path: str, sent: Any, broken: str) -> None:
    answer = client.ask(frozenset({Scope.ALL}), method, path, json=_filled(sent, BROKEN[broken]))
    assert answer.status_code == 400, answer.text
    assert answer.json()["field"] == field
    assert len(answer.text) < 2 * LONGEST_NAME


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize(("field", "path", "form"), FORMS, ids=lambda part: part if isinstance(part, str) else "")
def test_a_form_refuses_it(client: Client, field: str, path: str, form: dict[str, str], broken: str) -> None:
    name = BROKEN[broken][:20_000]  # no form is longer
    answer = client.ask(frozenset({Scope.ALL}), "POST", path, data={**form, field: name})
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("column", ["class_name", "school_name", "name", "given_name", "family_name"])
def test_a_roster_reads_it_as_one_line(tmp_path: Path, column: str) -> None:
    path = tmp_path / "roster.csv"
    columns = {"class": "7b", "id": "1", "school": "hill", "name": "", "family_name": "Lee"}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, dict.fromkeys([*columns, column]))
        writer.writeheader()
        writer.writerow(columns | {column: "A\nda"})
        writer.writerow(columns | {"id": "2", column: "b" * (LONGEST_NAME + 1)})
    roster = read_plain_csv(path)
    named = [(problem.line, problem.field) for problem in roster.problems]
    assert (2, column) in named
    names = [
        *(person.name for person in roster.persons.values()),
        *(class_.name for class_ in roster.classes.values()),
        *(school.name for school in roster.schools.values()),
    ]
    assert not any("\n" in name or len(name) > 2 * LONGEST_NAME for name in names)


@pytest.mark.parametrize("column", ["class", "id", "school"])
def test_a_roster_leaves_out_a_row_whose_id_is_not_one_line(tmp_path: Path, column: str) -> None:
    path = tmp_path / "roster.csv"
    columns = {"class": "7b", "id": "1", "school": "hill"}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerow(columns)
        writer.writerow(columns | {"id": "2"} | {column: "A\nda"})
    roster = read_plain_csv(path)
    assert [(problem.line, problem.field) for problem in roster.problems] == [(3, column)]
    assert list(roster.persons) == ["1"]


def _filled(sent: Any, name: str) -> Any:
    """What is sent, with the name where it stands."""
    if isinstance(sent, dict):
        return {field: _filled(part, name) for field, part in sent.items()}
    if isinstance(sent, list):
        return [_filled(part, name) for part in sent]
    return name if sent is None else sent
