"""A school that has something to show on every page, who signs in there, and what each of them is sent."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from lrs.accounts.accounts import Accounts, embedded_accounts_url
from lrs.accounts.roles import PersonRole
from lrs.accounts.tickets import Tickets
from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.http.access import TABLE
from lrs.http.signed_in import COOKIE
from tests.support.api import Route
from tests.support.routes import CASES
from tests.support.server import SECRET, Server
from tests.support.statements import HOME, answered, key, skill

TENANT, CLASS = "tour", "7a"
_FILLED: dict[Path, dict[str, str]] = {}  # by the folder of a server
DAY = "2030-03-18"
INITIATIVE = {"id": "pairs", "what": "Pairs", "classes": [CLASS], "since": "2030-04-01", "until": "2030-05-01"}
CHILDREN = [f"Child {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] + ["Dia <b>", "Gül Göz"]
SKILLS = ["Compare fractions", "Equivalent fractions", "Percentages", "Decimals", "Ratios"]
ADA = key("tour-0")
PERSON = {PersonRole.PRINCIPAL: "h1", PersonRole.TEACHER: "t1", PersonRole.LEARNER: "p-0", PersonRole.GUARDIAN: "p-0"}
NOBODY = "nobody"  # who has not signed in

_LEARNER = f"/board/learners/{quote(ADA, safe='')}"
_SKILL = quote(skill("tour-1"), safe="")
PATHS: dict[Route, tuple[str, ...]] = {  # of routes that have more to show than their case asks for
    ("GET", "/board/classes/{class_id:id}"): (f"/board/classes/{CLASS}", f"/board/classes/{CLASS}?decision=practise"),
    ("GET", "/board/learners/{learner:id}"): (_LEARNER, f"{_LEARNER}?skill={_SKILL}"),
    ("GET", "/plans/{class_id:id}/{day}"): tuple(f"/plans/{CLASS}/{DAY}{q}" for q in ("", "?cell=0-0", "?strips=true")),
    ("GET", "/checks/{class_id:id}"): (f"/checks/{CLASS}",),
    ("GET", "/board/cards/{class_id:id}"): (f"/board/cards/{CLASS}",),
    ("GET", "/board/skills"): ("/board/skills", f"/board/skills?skill={_SKILL}", "/board/skills?skill=none"),
    ("GET", "/board/policy"): ("/board/policy", f"/board/policy?class_id={CLASS}"),
    ("GET", "/board/initiatives/{initiative:id}"): ("/board/initiatives/pairs", "/board/initiatives/none"),
}
POSTED: dict[Route, dict[str, Any]] = {  # pages that answer a form
    ("POST", "/board/roster/preview"): {"files": {"roster": ("r.csv", b"class,email,name\n7b,a@a.example,Ann\n,,\n")}},
    ("POST", "/board/roster/accounts/preview"): {
        "files": {"accounts": ("a.csv", b"sourcedId,account\nt1,17\nnone,18\n")},
        "data": {"home_page": "https://moodle.example"},
    },
    ("POST", "/board/skills/preview"): {"files": {"skills": ("s.csv", b"skill,requires\nA,\nB,A\n")}},
    ("POST", "/board/materials/preview"): {
        "files": {"materials": ("m.csv", b"id,name,opens\nhttps://a.example/1,Pizza,\nnowhere,,\n")}
    },
    ("POST", "/board/skills/requirements/preview"): {"data": {"do": "add", "skill": SKILLS[4], "requires": SKILLS[1]}},
    ("POST", "/board/policy/preview"): {"data": {"class_id": CLASS, "advance_at": "60"}},
    ("POST", "/board/cards/{class_id:id}"): {"data": {"do": "pictures"}},
    ("POST", "/board/unmapped/preview"): {"data": {"id": f"{HOME}/tour/nothing", "skill": skill("tour-1")}},
    ("POST", "/board/overrule"): {"data": {}},  # what went wrong
}
_PATH = {("POST", "/board/cards/{class_id:id}"): f"/board/cards/{CLASS}"}


@dataclass(frozen=True)
class Shown:
    """A page as it is sent to somebody."""

    who: str
    path: str
    answer: httpx.Response

    def __str__(self) -> str:
        return f"{self.path} as {self.who}"


def pages(server: Server) -> Iterator[Shown]:
    """Every page of the application as each role that may open it; what looks the same is shown once."""
    seen = set()
    for who, client in visitors(server):
        for shown in pages_of(client, who, opened_now(server)):
            bare = re.sub(r'name="upload" value="[^"]*"|<time.*?</time>', "", shown.answer.text)
            if bare not in seen:
                seen.add(bare)
                yield shown


def visitors(server: Server) -> Iterator[tuple[str, httpx.Client]]:
    """Each role, and who has not signed in, with the session of it, after the school was filled."""
    for who, cookie in _school(server).items():
        with httpx.Client(base_url=server.base, headers={"Cookie": cookie}, timeout=60, verify=False) as client:
            yield who, client


def pages_of(client: httpx.Client, who: str, opened: dict[Route, tuple[str, ...]]) -> Iterator[Shown]:
    """Every page as one of the visitors; opened: pages whose address is known only now."""
    for route, access in TABLE.items():
        mine = access.scopes is None if who == NOBODY else PersonRole(who) in access.roles
        if not mine or route == ("POST", "/sign-out"):
            continue
        if route[0] == "GET":
            for path in opened.get(route) or PATHS.get(route) or (CASES[route].path or route[1],):
                if "stream" not in path and "/live" not in path:
                    yield from _page(who, path, client.get(path, params=CASES[route].more.get("params")))
        elif route in POSTED:
            yield from _page(who, route[1], client.post(_PATH.get(route, route[1]), **POSTED[route]))


def _page(who: str, path: str, answer: httpx.Response) -> Iterator[Shown]:
    if answer.headers.get("content-type", "").startswith("text/html"):
        yield Shown(who, path, answer)


def opened_now(server: Server) -> dict[Route, tuple[str, ...]]:
    """Pages whose address is known only now."""
    accounts, tickets = Accounts(embedded_accounts_url(server.data)), Tickets(embedded_accounts_url(server.data))
    login = uuid.uuid4().hex
    account = accounts.add(TENANT, login, PersonRole.TEACHER, "Mr Lee", "t1")
    invitation, ticket = accounts.invite(login), tickets.give(account, "/board")
    accounts.close()
    tickets.close()
    with server.client(TENANT) as client:
        check = client.post(f"/pacing/checks/{CLASS}", json={}).json()
        statement = client.get("/xAPI/statements", params={"limit": 1}).json()["statements"][0]["id"]
    return {
        ("GET", "/invitations/{token}"): (f"/invitations/{invitation}", "/invitations/none"),
        ("GET", "/sign-in/once/{ticket}"): (f"/sign-in/once/{ticket}",),
        ("GET", "/checks/{class_id:id}"): (f"/checks/{CLASS}", f"/checks/{CLASS}?check={check['id']}"),
        ("GET", "/board/check/{check:id}"): (f"/board/check/{check['id']}",),
        ("GET", "/statements/{statement}"): (f"/statements/{statement}",),
    }


def _school(server: Server) -> dict[str, str]:
    """The cookie of each role, in a tenant that is filled once, whichever test of a run comes first."""
    if server.data not in _FILLED:
        _FILLED[server.data] = _fill_school(server)
    return _FILLED[server.data]


def _fill_school(server: Server) -> dict[str, str]:
    credentials = Credentials(embedded_credentials_url(server.data))
    credentials.add(TENANT, SECRET, TENANT)
    credentials.close()
    changes: list[dict[str, Any]] = [
        {"kind": "school", "id": "north", "name": "North School"},
        {"kind": "person", "id": "h1", "name": "Dr North", "schools": ["north"]},
        {"kind": "person", "id": "t1", "name": "Ms Kim"},
    ]
    for number, name in enumerate(SKILLS):
        requires = [skill(f"tour-{number - 1}")] if number else []
        changes.append({"kind": "skill", "id": skill(f"tour-{number}"), "name": name, "requires": requires})
        for mode in ("teacher", "pair", "alone"):
            id_ = f"{HOME}/tour/{number}/{mode}"
            changes.append({"kind": "activity", "id": id_, "skills": [skill(f"tour-{number}")]})
            changes.append(
                {"kind": "material", "id": id_, "name": f"{name}, {mode}", "opens": id_, "mode": mode, "minutes": 15}
            )
        asked: dict[str, Any] = {"type": "choice", "text": f"{name}?", "correct": ["a"]}
        asked["choices"] = [{"id": one, "text": f"{one}: {name}"} for one in "abc"]
        quick: dict[str, Any] = {
            "kind": "material",
            "id": f"{HOME}/tour/{number}/quick",
            "name": f"{name}, quick",
            "minutes": 1,
        }
        changes += [{"kind": "activity", "id": quick["id"], "skills": [skill(f"tour-{number}")]}]
        changes += [quick | ({"question": asked} if number != 2 else {})]
    learners = [{"learner": key(f"tour-{n}"), "person": f"p-{n}", "name": name} for n, name in enumerate(CHILDREN)]
    taught = [skill(f"tour-{n}") for n in range(len(SKILLS))]
    class_ = {"kind": "class", "id": CLASS, "name": "7a Maths", "school": "north", "teachers": ["t1"]}
    changes.append(class_ | {"learners": learners, "skills": taught})
    with server.client(TENANT) as client:
        for method, path, sent in (
            ("POST", "/catalog", changes),
            ("PUT", f"/pacing/timetables/{CLASS}", _timetable()),
            ("POST", "/xAPI/statements", list(_answers())),
            ("POST", "/pacing/initiatives", INITIATIVE),
            ("POST", f"/pacing/plans/{CLASS}/{DAY}", {"do": "make", "seconds": 0.1}),
        ):
            answer = client.request(method, path, json=sent)
            assert answer.status_code == 200, answer.text
    server.wait()
    accounts = Accounts(embedded_accounts_url(server.data))
    cookies = {NOBODY: ""}
    for role in PersonRole:
        account = accounts.add(TENANT, f"tour-{role}", role, f"The {role}", PERSON.get(role, ""))
        cookies[role] = f"{COOKIE}={accounts.open_session(account)}"
    accounts.close()
    return cookies


def _timetable() -> dict[str, Any]:
    slots = [{"id": str(n + 1), "start": f"09:{n * 20:02}", "minutes": 20} for n in range(3)]
    rooms = [{"id": "12", "name": "Room 12", "places": 40, "screens": 10}]
    return {"id": CLASS, "slots": slots, "rooms": rooms, "adults": [{"id": "kim", "name": "Ms Kim"}]}


def _answers() -> Iterator[dict[str, Any]]:
    """Some are right ever more often, some never; the last child did nothing; one answer teaches no skill."""
    start = datetime.now(UTC) - timedelta(days=21)
    for child in range(len(CHILDREN) - 1):
        for number in range(8):
            for at in range(1 + child % 4):
                when = start + timedelta(days=number * 2, minutes=child * 10 + at)
                right = (number + child) % 5 > child % 3 or child % 9 == 8
                yield answered(f"tour-{child}", f"tour-{at}-{number}", right, (f"tour-{at}",), when.isoformat())
    yield answered("tour-0", skills=(), timestamp=start.isoformat(), object={"id": f"{HOME}/tour/nothing"})
