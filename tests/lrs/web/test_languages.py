"""Pages in the language and zone of who reads them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import Browser
from starlette.requests import Request

from lrs.accounts.accounts import Account
from lrs.accounts.roles import PersonRole
from lrs.auth.scopes import Scope
from lrs.http.signed_in import COOKIE
from lrs.log import Unavailable
from lrs.pacing.reasons import SENTENCES, because
from lrs.store.client import Store
from lrs.web import languages
from lrs.web.decision_words import SAYS
from lrs.web.languages import LANGUAGES, ShownIn, direction, of_kind, percent, preferred, shown_in, translations
from lrs.web.templating import Templates
from schemas.catalog import Change, Class, Member, Skill
from tests.support.api import Client
from tests.support.api import ask as ask_app
from tests.support.browser import looked_at
from tests.support.classroom import NOW, Classroom, application, ask
from tests.support.messages import Message, messages
from tests.support.pages import check_narrow
from tests.support.served import served
from tests.support.statements import key

OTHERS = [code for code in LANGUAGES if code != "en"]
ADA = key("ada")
NOON = 1_900_065_600_000_000  # 2030-03-18 12:00 UTC


class TestTexts:
    @pytest.mark.parametrize("code", OTHERS)
    def test_every_text_is_translated_with_what_is_filled_in(self, code: str) -> None:
        found = translations(code)

        def holes(text: str) -> list[str]:
            return sorted(set(re.findall(r"%\(\w+\)s|\{\w+\}", text)))

        def check(message: Message) -> None:
            for number in (1, 2):
                one, many = (message, message) if isinstance(message, str) else message
                said = found.gettext(one) if isinstance(message, str) else found.ngettext(one, many, number)
                key = one if isinstance(message, str) else (one, 0)
                assert key in found._catalog, message  # type: ignore[attr-defined]
                assert said.strip(), message
                assert holes(said) == holes(one if number == 1 else many), message

        for message in messages():
            check(message)

    @pytest.mark.parametrize("code", OTHERS)
    def test_no_text_is_there_for_nothing(self, code: str) -> None:
        known = {key if isinstance(key, str) else key[0] for key in translations(code)._catalog} - {""}  # type: ignore[attr-defined]
        assert known == {one if isinstance(one, str) else one[0] for one in messages()}

    @pytest.mark.parametrize("code", OTHERS)
    def test_one_thing_has_one_word(self, code: str) -> None:
        """What the glossary at the top of the file says not to use is not used."""
        text = (Path(languages.__file__).parent / f"locale/{code}.po").read_text(encoding="utf-8")
        avoided = [word for words in re.findall(r"^#   .*\(not (.*)\)$", text, re.M) for word in words.split(", ")]
        assert len(avoided) > 5
        said = [re.sub(r"%\(\w+\)s", "", line) for line in re.findall(r"^msgstr.*$", text, re.M)]
        used = re.compile(rf"\b({'|'.join(avoided)})", re.I)
        assert [line for line in said if used.search(line)] == []

    @pytest.mark.parametrize(
        ("header", "code"),
        [
            ("", "en"),
            ("de", "de"),
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7", "fr"),
            ("it, es;q=0.4, de;q=0.5", "de"),
            ("ar", "en"),
            ("de;q=0, es;q=0.1", "es"),
            ("de;q=x, *", "en"),
            (";;,=,", "en"),
        ],
    )
    def test_what_a_browser_asks_for(self, header: str, code: str) -> None:
        assert preferred(header) == code

    def test_dates_and_numbers_are_written_as_the_language_does(self) -> None:
        day = 24 * 3600 * 1_000_000
        with shown_in(ShownIn("de", "Europe/Berlin")):
            assert languages.date(NOON) == "18.03.2030"
            assert languages.moment(NOON) == "18.03.2030, 13:00:00 CET"
            assert languages.day_of_year("2030-03-18") == "18. März"
            assert languages.percent(0.8051) == "80\N{NO-BREAK SPACE}%"
            assert languages.number(1234.5) == "1.234,5"
            assert languages.ago(NOON, NOON + 3 * day) == "vor 3 Tagen"
        with shown_in(ShownIn("fr")):
            assert languages.ago(NOON, NOON + day) == "il y a 1 jour"
            assert languages.ago(None, NOON) == "jamais"
        with shown_in(ShownIn("en", "America/New_York")):
            assert languages.moment(NOON) == languages.instant("2030-03-18T12:00:00Z") == "18 Mar 2030, 08:00:00 EDT"
            assert (languages.day_of_year("2030-03-18"), languages.instant("once")) == ("18 Mar", "once")
        assert (languages.date(NOON), languages.percent(0.8051), languages.language()) == ("18 Mar 2030", "80%", "en")

    def test_directions(self) -> None:
        assert {direction(code) for code in LANGUAGES} == {"ltr"}
        assert direction("ar") == "rtl"


@pytest.fixture(scope="module")
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada", key("ben"): "Ben"}, {"halves": "Halves", "thirds": "Thirds"})
    made.mastery(ADA, "halves", 0.3, ago=2, streak=-6, low=0.1, high=0.5)
    return made


class TestClassPage:
    @pytest.mark.parametrize(
        ("code", "line"),
        [
            ("de", "6-mal hintereinander falsch in „Halves“ · vor 2 Tagen"),
            ("es", "6 errores seguidos en Halves · hace 2 días"),
            ("fr", "6 erreurs de suite en Halves · il y a 2 jours"),
            ("en", "6 wrong in a row in Halves · 2 days ago"),
        ],
    )
    def test_is_in_the_language_that_is_asked_for(self, room: Classroom, code: str, line: str) -> None:
        text = unescape(ask(room.deps(), "GET", "/board/classes/7b", headers={"Accept-Language": code}).text)
        assert f'<html lang="{code}" dir="ltr">' in text
        assert line in text
        assert translations(code).gettext("need help") in text
        assert ("Nobody needs" in text or "Learners and skills" in text) == (code == "en")


FIELDS = {
    "attempts": 9, "right": 8, "num": 3, "least": 5, "days": 20, "old": 40, "practised": 0.9, "mastery": 0.87,
    "bar": 0.8, "low": 0.5,
    "mean": 0.7, "best": 0.9, "share": 0.4, "before": "Halves", "standing": "Halves", "names": ["Halves", "Thirds"],
    "name": "Fifths", "by": "Ms K", "words": "oral exam", "assumed": True,
    "skills": 4, "ahead": 2, "recent": 3, "recent_of": 9, "earlier": 30, "earlier_of": 40, "span": 14,
}  # fmt: skip


class TestReasons:
    @pytest.mark.parametrize("code", OTHERS)
    @pytest.mark.parametrize("reason", SENTENCES)
    def test_are_said_in_every_language(self, reason: str, code: str) -> None:
        made = because(reason, **FIELDS)
        with shown_in(ShownIn(code)):
            said = made.say(SAYS)
        assert said != made.say()
        assert "%(" not in said
        english = {"attempts", "mastery", "Halves, which", "days ago", "assumed"}
        assert not [word for word in english if word in said]

    @pytest.mark.parametrize(
        ("right", "said"), [(0, "(3 essais, 0 juste)"), (1, "(3 essais, 1 juste)"), (2, "(3 essais, 2 justes)")]
    )
    def test_each_number_has_its_plural(self, right: int, said: str) -> None:
        made = because("short", **FIELDS | {"attempts": 3, "right": right})
        with shown_in(ShownIn("fr")):
            assert said in made.say(SAYS)

    @pytest.mark.parametrize("code", ["en", *OTHERS])
    def test_what_is_expected_now_is_said_where_it_differs(self, code: str) -> None:
        with shown_in(ShownIn(code)):
            then, now = percent(0.46), percent(0.34)
            fades = because("short", **FIELDS | {"practised": 0.46, "mastery": 0.34}).say(SAYS)
            same = because("short", **FIELDS | {"practised": 0.46, "mastery": 0.4602}).say(SAYS)
        assert fades.index(then) < fades.index(now)
        assert (then in same, now in same, same.count("46")) == (True, False, 1)

    @pytest.mark.parametrize("code", OTHERS)
    @pytest.mark.parametrize("path", ["/board", f"/board/learners/{quote(ADA, safe='')}"])
    def test_pages_of_teachers_hold_no_english(self, room: Classroom, path: str, code: str) -> None:
        text = unescape(ask(room.deps(), "GET", path, headers={"Accept-Language": code}).text)
        assert f'<html lang="{code}" dir="ltr">' in text
        english = {one for one in messages() if isinstance(one, str) and len(one) > 12 and " " in one}
        assert [one for one in english if "%" not in one and one in text] == []

    def test_of_decisions_are_read_in_the_own_language(self, room: Classroom) -> None:
        text = unescape(ask(room.deps(), "GET", "/board/classes/7b", headers={"Accept-Language": "de"}).text)
        assert 'title="6 falsche Antworten hintereinander."' in text
        assert "Noch keine Versuche." in text or "setzt nichts voraus" in text
        cell = ask(room.deps(), "GET", "/pacing/classes/7b").json()["learners"][0]["cells"][0]
        assert cell["because"] == {"code": "stuck", "values": {"num": 6}}
        assert cell["reason"] == "6 wrong answers in a row."


class TestPerson:
    @pytest.fixture(scope="class")
    def client(self, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
        found = Client(tmp_path_factory.mktemp("languages"), store._dsn())
        members = [Member(learner=ADA, name="Ada", person="p-ada")]
        changes: list[Change] = [Skill(id="halves"), Class(id="7b", learners=members, skills=["halves"])]
        found.parts.catalogs.append_all("languages", "test", changes, NOW)
        yield found
        found.close()

    def signed_in(self, client: Client, role: PersonRole, login: str = "") -> dict[str, str]:
        accounts = client.parts.signed_in.accounts
        login = login or uuid.uuid4().hex
        if not any(one.login == login for one in accounts.list_accounts()):
            accounts.add("languages", login, role, "Somebody", "p-ada")
        account: Account | None = accounts.invited(accounts.invite(login) or "")
        return {"Cookie": f"{COOKIE}={accounts.open_session(account)}"}

    def test_pages_of_whoever_keeps_the_store_are_in_the_language_too(self, client: Client) -> None:
        headers = self.signed_in(client, PersonRole.LEADER) | {"Accept-Language": "de"}
        text = ask_app(client.app, "GET", "/board/people", headers=headers).text
        assert '<html lang="de" dir="ltr">' in text
        assert "<h1>Personen</h1>" in text

    def test_whoever_signs_in_reads_the_language_of_the_browser(self, client: Client) -> None:
        headers = {"Accept-Language": "de"}
        text = ask_app(client.app, "GET", "/sign-in", headers=headers).text
        assert '<html lang="de" dir="ltr">' in text
        assert "<h1>Anmelden</h1>" in text
        wrong = ask_app(client.app, "POST", "/sign-in", headers=headers, data={"login": "a", "password": "b"}).text
        assert '<p role="alert" class="problem">Anmeldename und Passwort gehören nicht zusammen' in wrong
        ended = ask_app(client.app, "GET", "/invitations/none", headers=headers).text
        assert '<p role="alert" class="problem">Diese Einladung wurde benutzt' in ended

    @pytest.mark.parametrize(
        ("path", "title"),
        [
            ("/board/policy?class_id=7b", "Criterios"),
            ("/checks/7b", "Prueba inicial"),
            ("/board/cards/7b", "Tarjetas de acceso de 7b"),
            ("/plans/7b/2030-03-18", "7b: lunes, 18 de marzo de 2030"),
            ("/board/skills", "Habilidades"),
            ("/board/unmapped", "Lo que no corresponde a ninguna habilidad"),
        ],
    )
    def test_pages_around_a_class_hold_no_english(self, client: Client, path: str, title: str) -> None:
        headers = self.signed_in(client, PersonRole.LEADER) | {"Accept-Language": "es"}
        text = unescape(ask_app(client.app, "GET", path, headers=headers).text)
        assert f"<h1>{title}" in text
        english = {one for one in messages() if isinstance(one, str) and len(one) > 12 and " " in one}
        assert [one for one in english if "%" not in one and one in text] == []

    def test_a_cause_that_only_english_says_is_marked(self) -> None:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"accept-language", b"fr")]}
        answer = Templates(lambda: NOW).problem(Request(scope), Unavailable("the log is closed"))
        page = bytes(answer.body).decode()
        assert "Ce n’est pas possible pour l’instant" in page
        assert '<p class="note" lang="en">the log is closed</p>' in page

    def test_who_chose_is_shown_that_in_every_session(self, client: Client) -> None:
        headers = self.signed_in(client, PersonRole.LEARNER, "ada")
        page = f"/board/learners/{ADA}"
        assert "Choose what you do next" in ask_app(client.app, "GET", page, headers=headers).text
        form = {"language": "es", "zone": "Europe/Madrid", "back": page}
        answer = ask_app(client.app, "POST", "/board/language", headers=headers, data=form)
        assert (answer.status_code, unquote(answer.headers["location"])) == (303, page)
        again = self.signed_in(client, PersonRole.LEARNER, "ada") | {"Accept-Language": "de"}
        text = ask_app(client.app, "GET", page, headers=again).text
        assert '<html lang="es" dir="ltr">' in text
        assert "Elige qué haces ahora" in text
        assert "Actualizado:" in text or "datos de" in text  # nobody processes here
        assert re.search(r"CES?T</time>", text)

    @pytest.mark.parametrize("key_length", [4, 200])
    def test_who_signed_in_with_a_key_chooses_too(self, client: Client, key_length: int) -> None:
        api_key = uuid.uuid4().hex[:4] * (key_length // 4)
        for key_ in (api_key, f"other{api_key}"):
            client.real.add(key_, "secret", "languages", (Scope.ALL,))

        def board(key_: str) -> str:
            token = client.parts.signed_in.accounts.open_session(None, key_)
            headers = {"Cookie": f"{COOKIE}={token}", "Accept-Language": "de"}
            return ask_app(client.app, "GET", "/board", headers=headers).text

        assert '<html lang="de"' in board(api_key), "what the browser asks for"
        assert 'action="/board/language"' in board(api_key)
        headers = {"Cookie": f"{COOKIE}={client.parts.signed_in.accounts.open_session(None, api_key)}"}
        answer = ask_app(client.app, "POST", "/board/language", headers=headers, data={"language": "es"})
        assert answer.status_code == 303
        assert '<html lang="es"' in board(api_key)
        assert '<html lang="de"' in board(f"other{api_key}")

    @pytest.mark.parametrize(
        ("code", "title"),
        [("de", "Woran gearbeitet wird"), ("es", "En qué se trabaja"), ("fr", "Ce qui est en cours")],
    )
    def test_a_family_reads_its_own_language(self, client: Client, code: str, title: str) -> None:
        headers = self.signed_in(client, PersonRole.GUARDIAN) | {"Accept-Language": code}
        text = unescape(ask_app(client.app, "GET", f"/board/learners/{ADA}", headers=headers).text)
        assert title in text
        english = {one for one in messages() if isinstance(one, str) and len(one) > 12 and " " in one}
        assert [one for one in english if one in text] == []

    @pytest.mark.parametrize(
        ("form", "why"), [({"language": "xx"}, "language"), ({"language": "de", "zone": "Mars/Base"}, "zone")]
    )
    def test_what_there_is_not_is_refused(self, client: Client, form: dict[str, str], why: str) -> None:
        answer = ask_app(
            client.app, "POST", "/board/language", headers=self.signed_in(client, PersonRole.LEARNER), data=form
        )
        assert answer.status_code == 400
        assert why in answer.text

    @pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/\\evil.example", ""])
    def test_the_way_back_leads_nowhere_else(self, client: Client, back: str) -> None:
        headers = self.signed_in(client, PersonRole.LEARNER)
        answer = ask_app(client.app, "POST", "/board/language", headers=headers, data={"language": "de", "back": back})
        assert answer.headers["location"] == "/board"


def test_texts_are_installed_with_the_package() -> None:
    root = Path(__file__).parents[3]
    assert '"*.po"' in (root / "pyproject.toml").read_text()
    assert {path.stem for path in (root / "lrs/web/locale").glob("*.po")} == set(OTHERS)


class TestBrowser:
    def test_written_from_right_to_left_it_does_not_break(self, browser: Browser, room: Classroom) -> None:
        with served(application(room.deps())) as base, looked_at(browser, base) as page:
            page.goto("/board/classes/7b")
            page.evaluate("document.documentElement.dir = 'rtl'")
            check_narrow(page)
            head, cell = (page.locator(f"tbody tr >> nth=0 >> {what} >> nth=0").bounding_box() for what in ("th", "td"))
            assert head is not None
            assert cell is not None
            assert head["x"] > cell["x"]  # who it is of comes first, at the right


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("7a", "Class", {"en": "Class 7a", "de": "Klasse 7a", "es": "Clase 7a", "fr": "Classe 7a"}),
        *(
            (name, "Class", dict.fromkeys(LANGUAGES, name))
            for name in ("Class 7a", "Klasse 7a", "7a-Klasse", "classe7a", "CLASE 7A")
        ),
        *(
            (name, "School", dict.fromkeys(LANGUAGES, name))
            for name in ("Hill School", "Grundschule am Berg", "École 2")
        ),
        ("Skill 1", "Skill", dict.fromkeys(LANGUAGES, "Skill 1")),
        ("Classical music", "Class", {"en": "Class Classical music", "de": "Klasse Classical music"}),
    ],
)
def test_a_name_does_not_say_twice_what_it_is_of(name: str, kind: str, shown: dict[str, str]) -> None:
    for language, text in shown.items():
        with shown_in(ShownIn(language)):
            assert of_kind(name, kind) == text
