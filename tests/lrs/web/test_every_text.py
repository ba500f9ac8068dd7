"""No text of a page is left in one language: neither what templates say, nor what code puts into them.

Every page is shown in a language that marks its texts, by somebody whose data has no Latin letters: a word that is
left over was written where no translation is asked for.
"""

from __future__ import annotations

import gettext as standard
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from jinja2 import nodes
from playwright.sync_api import Browser

from lrs.accounts.roles import PersonRole
from lrs.clock import system_time
from lrs.http.signed_in import COOKIE
from lrs.store.client import Store
from lrs.web import languages
from lrs.web.decision_words import board_templates
from schemas.asked_question import AskedQuestion
from schemas.catalog import Activity, Change, Class, Member, Skill
from schemas.material import Material
from schemas.opening_check import Check, Question
from schemas.roster import Person
from schemas.timetable import Adult, Room, Slot, Timetable
from tests.support.api import Client
from tests.support.api import ask as ask_app
from tests.support.classroom import NOW, Classroom
from tests.support.pages import NARROW, OVERLAPPING
from tests.support.statements import key
from tests.support.visible import english, texts, words

TEMPLATES = Path(__file__).parents[3] / "lrs/web/templates"
STATIC = TEMPLATES.parent / "static"
NAMES = frozenset(
    {"Pacer", "API", "CSV", "OpenAPI", "UTC", "Europe", "Berlin", "before", *languages.LANGUAGES}
)  # the same in every language
TENANT, CLASS, DAY = "every-text", "7/1", "2030-03-18"
ADA = key("1")
_HOLE = re.compile(r"(%\(\w+\)s|\{\w+\}|%%)")


class TestTemplates:
    @pytest.mark.parametrize("name", sorted(path.name for path in TEMPLATES.glob("*.html")))
    def test_say_nothing_themselves(self, name: str) -> None:
        environment = board_templates(lambda: NOW)._templates
        tree = environment.parse((TEMPLATES / name).read_text())
        page = "".join(text for output in tree.find_all(nodes.Output) for node in output.nodes for text in said(node))
        assert list(english(page, NAMES)) == []


def said(node: nodes.Node) -> Iterator[str]:
    """The texts that a template may put out here; what functions and filters make is theirs."""
    match node:
        case nodes.TemplateData():
            yield node.data
        case nodes.Const():
            yield str(node.value)
        case nodes.CondExpr() | nodes.Or() | nodes.And() | nodes.Concat() | nodes.Add():
            for child in node.iter_child_nodes():
                if not (isinstance(node, nodes.CondExpr) and child is node.test):
                    yield from said(child)


class Marked(standard.NullTranslations):
    """A language in which every text is marked; what is filled in is not."""

    def gettext(self, message: str) -> str:
        return "".join(part if _HOLE.fullmatch(part) or not part else f"⟦{part}⟧" for part in _HOLE.split(message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid2)


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "translations", lambda code: Marked())
    for made in ("format_date", "format_skeleton", "format_time", "format_timedelta"):
        monkeypatch.setattr(languages, made, lambda *_, **__: "1", raising=False)


def unmarked(answer: httpx.Response, names: frozenset[str] = NAMES) -> list[str]:
    """What a page says that is neither marked nor one of these names."""
    assert "⟦" in answer.text
    return list(english(answer.text, names))


@pytest.fixture(scope="module")
def client(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("every-text"), store._dsn())
    found.parts.catalogs.append_all(TENANT, "1", list(school()), NOW)
    asked = AskedQuestion(type="true-false", text="Ц", correct=["true"])
    own = Question(item="1", name="Щ", skill="0", skill_name="Ж0", asked=asked)
    paper = Question(item="2", name="Щ", skill="0", skill_name="Ж0", on_paper="type")
    check = Check(id="1", class_id=CLASS, by="Ю", questions=[own, paper])
    found.parts.catalogs.append(TENANT, "1", check, system_time())
    room = Classroom(store, TENANT, found.parts.catalogs.latest(TENANT))
    for number, mastery, streak in ((1, 0.3, -6), (2, 0.9, 4), (3, 0.6, 1)):
        for at in range(3):
            room.mastery(
                key(str(number)), f"{at}", max(0.1, mastery - 0.2 * at), streak=streak, ago=2 + 20 * at, weights="1"
            )
        room.engagement(key(str(number)), None)
        room.engagement(key(str(number)), 1)
    yield found
    found.close()


def school() -> Iterator[Change]:
    for at in range(3):
        yield Skill(id=f"{at}", name=f"Ж{at}", requires=[f"{at - 1}"] if at else [])
        for mode in ("teacher", "pair", "alone"):
            id_ = f"https://1.example/{at}/{mode}"
            yield Activity(id=id_, skills=[f"{at}"])
            yield Material(id=id_, name=f"Щ{at}", opens=id_, mode=mode, minutes=15)
    yield Person(id="1", name="Ю")
    learners = [Member(learner=key(str(number)), name=f"Я{number}", person=f"п{number}") for number in range(1, 5)]
    yield Class(id=CLASS, name="7Б", teachers=["1"], learners=learners, skills=["0", "1", "2"])
    slots = [Slot(id="1", start="09:00", minutes=20), Slot(id="2", start="09:20", minutes=10)]
    rooms = [Room(id="1", name="Ф", places=2, screens=1)]
    yield Timetable(id=CLASS, slots=slots, rooms=rooms, adults=[Adult(id="1", name="Ю")])


def asked(client: Client, role: PersonRole, method: str, path: str, **more: Any) -> httpx.Response:
    accounts = client.parts.signed_in.accounts
    person = {PersonRole.TEACHER: "1", PersonRole.LEARNER: "п1", PersonRole.GUARDIAN: "п1"}.get(role, "")
    account = accounts.add(TENANT, uuid.uuid4().hex, role, "Ю", person)
    headers = {"Cookie": f"{COOKIE}={accounts.open_session(account)}", "Accept-Language": "de"}
    return ask_app(client.app, method, path, headers=headers | more.pop("headers", {}), **more)


OPERATOR, LEADER, TEACHER = PersonRole.OPERATOR, PersonRole.LEADER, PersonRole.TEACHER
PLAN, BOARD = "/plans/7%2F1/2030-03-18", "/board/classes/7%2F1"
LEARNER = f"/board/learners/{quote(ADA, safe='')}"
OWN_CHECK = "/board/check/1"
PAGES = [
    *((TEACHER, path) for path in (BOARD, f"{BOARD}?decision=help", "/board", "/checks/7%2F1", "/board/cards/7%2F1")),
    *((TEACHER, path) for path in (PLAN, "/plans/7%2F1/2030-03-19", "/board/policy?class_id=7%2F1")),
    *((role, LEARNER) for role in (TEACHER, PersonRole.LEARNER, PersonRole.GUARDIAN)),
    (TEACHER, "/checks/7%2F1?check=1"),
    (PersonRole.LEARNER, OWN_CHECK),
    *((LEADER, path) for path in ("/board", "/board/initiatives", "/board/people", "/board/policy", "/board/skills")),
    *((LEADER, path) for path in ("/board/unmapped", "/board/roster", "/board/materials")),
    *((OPERATOR, path) for path in ("/board/clocks", "/board/models", "/statements", "/board/roster", "/", "/docs")),
    *((LEADER, path) for path in ("/sign-in", "/sign-in/class", "/sign-in/once/none")),
]


@pytest.mark.usefixtures("marked")
class TestPages:
    @pytest.fixture(scope="class", autouse=True)
    def planned(self, client: Client) -> None:
        """Plans with what could not be placed, and with conflicts."""
        for form in ({"do": "make"}, {"do": "absent", "who": key("2"), "present": "no"}, {"do": "publish"}):
            sent = form | {"published": "yes"} if form["do"] == "publish" else form
            answer = asked(client, TEACHER, "POST", PLAN, data=sent)
            assert answer.status_code == 303, texts(answer.text)

    @pytest.mark.parametrize(("role", "path"), PAGES)
    def test_have_no_text_that_is_not_translated(self, client: Client, role: PersonRole, path: str) -> None:
        answer = asked(client, role, "GET", path)
        assert answer.status_code == 200
        assert unmarked(answer) == []

    @pytest.mark.parametrize("path", [f"/pacing{PLAN}?form=csv", f"{BOARD}?as=csv"])
    def test_nor_have_files(self, client: Client, path: str) -> None:
        lines = asked(client, TEACHER, "GET", path).text.splitlines()
        assert all(cell.startswith("⟦") for cell in lines[0].split(","))
        assert {word for line in lines for word in words(line.replace(",", " , "))} == set()

    def test_nor_have_calendars(self, client: Client) -> None:
        text = asked(client, TEACHER, "GET", f"/pacing{PLAN}?form=calendar").text.replace("\r\n ", "")
        said = [line.partition(":")[2] for line in text.splitlines() if line.startswith("DESCRIPTION:")]
        assert said
        assert all("⟦" in one and words(one.replace(";", " ")) == set() for one in said)

    def test_scripts_say_nothing_of_their_own(self) -> None:
        for name in ("plan.js", "board.js"):
            assert not re.search(r"error\.(message|statusText)\)", (STATIC / name).read_text())


LEARNS = PersonRole.LEARNER
LONG = "1" * 3000
ERRORS: list[tuple[PersonRole, str, str, dict[str, Any]]] = [
    (LEARNS, "GET", "/board/roster", {}),
    *((LEARNS, "POST", "/board/check/1", {"data": form}) for form in ({}, {"question": "0"}, {"question": "1"})),
    (LEARNS, "GET", "/board/check/0", {}),
    (TEACHER, "GET", "/board/classes/0", {}),
    (TEACHER, "GET", "/board/learners/0", {}),
    (TEACHER, "GET", "/plans/7%2F1/0", {}),
    (TEACHER, "POST", PLAN, {"data": {"do": "0"}}),
    (TEACHER, "POST", PLAN, {"data": {"do": "move", "learner": "0", "slot": "1", "to": "2"}}),
    (TEACHER, "POST", PLAN, {"data": {"do": "move", "learner": ADA, "slot": "0", "to": "2"}}),
    (TEACHER, "POST", PLAN, {"data": {"do": "assign", "learner": ADA, "slot": "1", "task": "0"}}),
    (TEACHER, "POST", PLAN, {"data": {"do": "absent", "who": "0"}}),
    (TEACHER, "POST", PLAN, {"data": {"do": "publish", "version": "0"}}),
    (TEACHER, "POST", "/plans/7%2F1/2030-03-20", {"data": {"do": "publish"}}),
    *((TEACHER, "POST", "/board/overrule", {"data": form}) for form in ({}, {"days": "0"}, {"decision": "0"})),
    *((TEACHER, "POST", "/board/put-off", {"data": form}) for form in ({}, {"days": "0"}, {"seen": "-"})),
    (TEACHER, "POST", "/board/cards/7%2F1", {"data": {"do": "0"}}),
    (TEACHER, "POST", "/board/cards/7%2F1", {"data": {"do": "pin", "person": "0"}}),
    (TEACHER, "POST", "/board/cards/7%2F1", {"data": {"do": "pin", "seed": "0"}}),
    (TEACHER, "POST", "/checks/7%2F1/results", {"data": {"check": "0"}}),
    *(
        (TEACHER, "POST", "/board/policy/preview", {"data": {"class_id": CLASS, **form}})
        for form in ({"advance_at": "-"}, {"advance_at": "101"}, {"stale_after": "-1"}, {"advance_low": "99"})
    ),
    (TEACHER, "POST", "/board/policy/preview", {"data": {"advance_at": "80"}}),
    (TEACHER, "POST", "/board/policy/apply", {"data": {"class_id": CLASS, "advance_at": "80"}}),
    (TEACHER, "POST", "/board/policy/apply", {"data": {"class_id": CLASS, "advance_at": "80", "seen": "1"}}),
    *(
        (LEADER, "POST", "/board/initiatives", {"data": {"id": "1", "what": "1", "class": CLASS, **form}})
        for form in (
            {},
            {"since": "2030-01-02", "until": "2030-01-01", "outcome": "mastered"},
            {"since": "1980-01-02", "until": "2030-01-01", "outcome": "mastered"},
            {"since": "2030-01-01", "until": "2030-01-02", "outcome": "mastered", "class": "0"},
            {"since": "2030-01-01", "until": "2030-01-02", "outcome": "mastered", "compared": CLASS},
            {"since": "2030-01-01", "until": "2030-01-02", "outcome": "mastered", "id": LONG},
        )
    ),
    *((TEACHER, "POST", "/board/language", {"data": form}) for form in ({}, {"language": "de", "zone": "0"})),
    *((LEADER, "POST", "/board/unmapped/preview", {"data": form}) for form in ({"id": "1"}, {"skill": "1"})),
    (LEADER, "POST", "/board/unmapped/preview", {"data": {"id": LONG, "skill": "1"}}),
    (LEADER, "POST", "/board/roster/preview", {}),
    (LEADER, "POST", "/board/roster/preview", {"files": {"other": ("1.csv", b"")}}),
    (LEADER, "POST", "/board/roster/apply", {"data": {"upload": "0"}}),
    (
        LEADER,
        "POST",
        "/board/roster/accounts/preview",
        {"files": {"accounts": ("1.csv", b"")}, "data": {"home_page": "0"}},
    ),
    (LEADER, "POST", "/board/people/merge", {"data": {"into": "1"}}),
    *((LEADER, "POST", "/board/people/merge", {"data": {"into": "1", "other": one}}) for one in ("1", "person:0", "{")),
    (LEADER, "POST", "/board/people/split", {"data": {"key": key("9")}}),
    (OPERATOR, "GET", "/statements?actor=0", {}),
    (OPERATOR, "GET", "/statements?from=0", {}),
    (OPERATOR, "GET", "/statements?before=0", {}),
    (OPERATOR, "GET", "/statements/8f7f4f1c-2d5a-4a4e-9a53-0d7f3f5b6a10", {}),
    *((OPERATOR, "POST", f"/board/models/{act}", {"data": {"version": "0"}}) for act in ("compare", "activate")),
    (LEADER, "POST", "/sign-in", {"data": {"login": "0", "password": "0"}}),
    (LEADER, "GET", "/sign-in/class?code=0", {}),
    (LEADER, "GET", "/sign-in/with/0", {}),
    (LEADER, "GET", "/sign-in/callback", {}),
    (LEADER, "POST", "/sign-in/open", {"data": {"ticket": "0"}}),
    (LEADER, "GET", "/invitations/0", {}),
    (LEADER, "GET", "/lti/login", {}),
    (LEADER, "POST", "/lti/launch", {}),
    (LEADER, "POST", "/board/language", {"data": {}, "headers": {"Origin": "https://1.example"}}),
    (LEADER, "POST", "/board/language", {"content": b"1" * 70_000}),
]


@pytest.mark.usefixtures("marked")
class TestErrors:
    @pytest.mark.parametrize(("role", "method", "path", "more"), ERRORS)
    def test_are_said_in_the_language(
        self, client: Client, role: PersonRole, method: str, path: str, more: dict[str, Any]
    ) -> None:
        answer = asked(client, role, method, path, **more)
        assert 400 <= answer.status_code < 500
        assert unmarked(answer) == []


ROSTER = b"""class,class_name,id,email,name,role,zone,actor,account,colour
7\xd0\x91,,1,1@1.example,\xd0\xaf,learner,0,,,
,,2,,,learner,,,,
7\xd0\x91,,3,0,\xd0\xaf,0,,,,
7\xd0\x91,,1,,\xd0\xae,learner,,0,,
"""
FRAMEWORK = b'{"CFDocument": {"identifier": "1"}, "CFItems": [{}, {"identifier": "1"}, {"identifier": "1"}]}'
FILES = NAMES | {"csv", "json", "zip", "CFItems", "CFAssociations", "sourcedId", "requires"}
UPLOADS: list[tuple[str, str, bytes, dict[str, str]]] = [
    ("roster", "1.csv", ROSTER, {"source": "1"}),
    ("roster", "1.csv", b"class,email\n\xff,1", {"source": "1"}),
    ("roster", "1.csv", b"class\n", {"source": "1"}),
    ("roster", "1.zip", b"", {"source": "1"}),
    ("roster/accounts", "1.csv", b"sourcedId,account\n1,17\n,2\n1,18\n", {"home_page": "https://1.example"}),
    ("roster/accounts", "1.csv", b"account\n1\n", {"home_page": "https://1.example"}),
    ("skills", "1.csv", b"skill,requires\n0,1\n9,\n1,8\n", {}),
    ("skills", "1.csv", b"skill\n0\n", {}),
    ("skills", "1.json", FRAMEWORK, {}),
    ("skills", "1.json", b"{", {}),
]


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize(("page", "name", "content", "data"), UPLOADS)
def test_uploads_say_what_is_wrong_in_the_language(
    client: Client, page: str, name: str, content: bytes, data: dict[str, str]
) -> None:
    field = page.rpartition("/")[2]
    answer = asked(client, LEADER, "POST", f"/board/{page}/preview", files={field: (name, content)}, data=data)
    assert answer.status_code in (200, 400)
    assert unmarked(answer, FILES) == []


@pytest.mark.parametrize("role", [LEADER, OPERATOR])
def test_the_first_page_says_what_every_page_is_for(client: Client, role: PersonRole) -> None:
    page = asked(client, role, "GET", "/").text.partition('<ul class="ways">')[2].partition("</ul>")[0]
    links = re.findall(r"<li>(.*?)</li>", page, re.S)
    assert len(links) > 8
    assert [one for one in links if not re.search(r"</a> <span>[^<]+\.</span>", one)] == []


class Long(Marked):
    """A language of long words."""

    def gettext(self, message: str) -> str:
        return re.sub(
            r"\w{4,}(?=[^⟦⟧]*⟧)", lambda word: word[0] + word[0][len(word[0]) // 2 :], super().gettext(message)
        )


def test_long_texts_from_right_to_left_fit_a_phone(
    client: Client, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(languages, "translations", lambda code: Long())
    monkeypatch.setattr(languages, "direction", lambda code: "rtl")
    shown = [(path, asked(client, role, "GET", path).text) for role, path in PAGES]
    browser: Browser = request.getfixturevalue("browser")  # in whose thread nothing else can be asked any more
    styles, wrong = (STATIC / "board.css").read_text(), []
    context = browser.new_context(viewport={"width": NARROW, "height": 700})
    context.set_default_navigation_timeout(0)  # however busy the machine is
    page = context.new_page()
    for path, text in shown:
        assert 'dir="rtl"' in text
        bare = re.sub(r"<script.*?</script>|<link[^>]*>", "", text)
        page.set_content(bare.replace("</head>", f"<style>{styles}</style></head>"))
        if (width := page.evaluate("document.documentElement.scrollWidth")) > NARROW:
            wrong.append(f"{path}: {width} px wide")
        wrong += (f"{path}: {one}" for one in page.evaluate(OVERLAPPING))
    context.close()
    assert not wrong, "\n".join(wrong)
