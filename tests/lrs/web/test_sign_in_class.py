"""Signing in by a class's code and a card, and the teacher's page that makes the cards."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from lrs.accounts.roles import PersonRole
from lrs.cli.schemas import NOWHERE
from lrs.http.signed_in import COOKIE
from schemas.catalog import Class, Member
from tests.support.api import Client, ask

TENANT = "cards"
ADA, BEN = "mbox:mailto:ada@school.example", "mbox:mailto:ben@school.example"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("cards"), NOWHERE)
    members = [Member(learner=ADA, name="Ada"), Member(learner=BEN, name="Ben")]
    found.parts.catalogs.append_all(TENANT, "test", [Class(id="7b", teachers=["t1"], learners=members)], 1)
    yield found
    found.close()


@pytest.fixture
def teacher(client: Client) -> dict[str, str]:
    accounts = client.parts.signed_in.accounts
    made = accounts.add(TENANT, uuid.uuid4().hex, PersonRole.TEACHER, "Ms K", "t1")
    return {"Cookie": f"{COOKIE}={accounts.open_session(made)}"}


def made(client: Client, teacher: dict[str, str], do: str = "pin") -> tuple[str, dict[str, str]]:
    """New cards: the code, and what is on them by name."""
    answer = ask(client.app, "POST", "/board/cards/7b", data={"do": do}, headers=teacher)
    assert answer.status_code == 303
    return shown(client, teacher, kept(answer))


def kept(answer: httpx.Response) -> str:
    """What the browser keeps of an answer."""
    value: str = answer.headers["set-cookie"].split(";")[0]
    return value


def shown(client: Client, teacher: dict[str, str], cookie: str = "") -> tuple[str, dict[str, str]]:
    """The code, and what is on the cards by name, as the page shows them."""
    page = ask(client.app, "GET", "/board/cards/7b", headers={"Cookie": f"{teacher['Cookie']}; {cookie}"})
    assert page.headers["cache-control"] == "no-store"
    [code] = re.findall(r'class="code">(\w{3}) (\w{3})<', page.text)
    found = {}
    for name, card in re.findall(
        r"<li><b>(\w+)</b> <span>\S+/sign-in/class</span> <span>Class \w+ \w+</span> <span>(.*?)</span></li>", page.text
    ):
        pictures = re.findall(r'class="picture">\S+ (\w+)<', card + "</span>")
        found[name] = " ".join(pictures) or re.sub(r"<.*?>", "", card)
    return "".join(code), found


def sign_in(client: Client, code: str, name: str, address: str, **said: str) -> httpx.Response:
    page = ask(client.app, "GET", "/sign-in/class", params={"code": code}, address=address)
    whose = {
        unescape(text): value for value, text in re.findall(r'<option value="(\w+)"[^>]*>(.*?)</option>', page.text)
    }
    data = {"code": code, "who": whose.get(name, "nobody"), **said}
    return ask(client.app, "POST", "/sign-in/class", data=data, address=address)


def test_a_learner_signs_in_to_the_own_page_and_sees_no_other(client: Client, teacher: dict[str, str]) -> None:
    code, cards = made(client, teacher)
    assert cards.keys() == {"Ada", "Ben"}
    answer = sign_in(client, code.lower(), "Ada", "10.0.0.1", pin=cards["Ada"])
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("ada%40school.example")
    assert "Max-Age=7200" in answer.headers["set-cookie"]
    cookie = {"Cookie": answer.headers["set-cookie"].split(";")[0]}
    assert ask(client.app, "GET", "/board/cards/7b", headers=cookie).status_code == 403
    assert ask(client.app, "GET", f"/board/learners/{BEN}", headers=cookie).status_code == 404


def test_pictures_are_chosen_in_their_order(client: Client, teacher: dict[str, str]) -> None:
    code, cards = made(client, teacher, "pictures")
    first, second, third = cards["Ben"].split()
    said = {"picture1": first, "picture2": second, "picture3": third}
    assert sign_in(client, code, "Ben", "10.0.0.2", **said).status_code == 303
    other = next(one for one in ("cat", "dog") if one != first)
    assert sign_in(client, code, "Ben", "10.0.0.2", **(said | {"picture1": other})).status_code == 400


def test_the_page_shows_no_key_and_a_card_is_shown_once(client: Client, teacher: dict[str, str]) -> None:
    code, cards = made(client, teacher)
    page = ask(client.app, "GET", "/sign-in/class", params={"code": code}, address="10.0.0.3").text
    assert "Ada" in page
    assert "school.example" not in page
    later = ask(client.app, "GET", "/board/cards/7b", headers=teacher).text
    assert code[:3] in later
    assert "/sign-in/class</b>" in later  # where learners go, and not below the page's own path
    assert "/board/cards/7b/sign-in" not in later
    assert not any(f"<b>{card}</b>" in later for card in cards.values())


def test_cards_are_made_once_however_often_their_page_is_loaded_or_their_form_is_sent(
    client: Client, teacher: dict[str, str]
) -> None:
    form = {"do": "pin", "seed": "s" * 40}
    answer = ask(client.app, "POST", "/board/cards/7b", data=form, headers=teacher)
    assert answer.headers["location"] == "/board/cards/7b"
    assert "HttpOnly; SameSite=Lax" in answer.headers["set-cookie"]
    code, cards = shown(client, teacher, kept(answer))
    session = kept(sign_in(client, code, "Ada", "10.0.0.10", pin=cards["Ada"]))
    again = ask(client.app, "POST", "/board/cards/7b", data=form, headers=teacher)
    assert shown(client, teacher, kept(again)) == shown(client, teacher, kept(answer)) == (code, cards)
    assert ask(client.app, "GET", f"/board/learners/{BEN}", headers={"Cookie": session}).status_code == 404  # signed in
    assert shown(client, teacher)[1] == {}  # another browser
    assert shown(client, teacher, "pacer_cards=bm9uc2Vuc2U")[1] == {}
    one = ask(client.app, "POST", "/board/cards/7b", data={"do": "pin", "person": ADA}, headers=teacher)
    assert shown(client, teacher, kept(one))[1].keys() == {"Ada"}
    assert shown(client, teacher, kept(answer))[1].keys() == {"Ben"} | (
        {"Ada"} if shown(client, teacher, kept(one))[1]["Ada"] == cards["Ada"] else set()
    )
    assert ask(client.app, "POST", "/board/cards/7b", data=form | {"seed": "1"}, headers=teacher).status_code == 400


def test_what_is_wrong(client: Client, teacher: dict[str, str]) -> None:
    code, cards = made(client, teacher)
    wrong = "0000" if cards["Ada"] != "0000" else "1111"
    assert sign_in(client, code, "Ada", "10.0.0.4", pin=wrong).status_code == 400
    assert sign_in(client, code, "Ada", "10.0.0.4").status_code == 400
    assert sign_in(client, code, "nobody", "10.0.0.4", pin=cards["Ada"]).status_code == 400
    assert sign_in(client, code, "Ben", "10.0.0.4", pin=cards["Ada"]).status_code == 400 or cards["Ada"] == cards["Ben"]
    assert ask(client.app, "GET", "/sign-in/class?code=NOSUCH", address="10.0.0.5").status_code == 404
    other = {"Sec-Fetch-Site": "cross-site"}
    assert ask(client.app, "POST", "/sign-in/class", data={"code": code}, headers=other).status_code == 403
    for do in ("end", "pin"):
        assert (
            ask(client.app, "POST", "/board/cards/7b", data={"do": "pin", "person": "x"}, headers=teacher).status_code
            == 400
        )
        ask(client.app, "POST", "/board/cards/7b", data={"do": do}, headers=teacher)
    assert ask(client.app, "POST", "/board/cards/7b", data={"do": "nonsense"}, headers=teacher).status_code == 400


def chosen(page: str) -> list[str]:
    """The names that a page's form has chosen."""
    return re.findall(r'<option value="\w+" selected>(.*?)</option>', page)


def test_the_next_try_counts_for_the_same_child(client: Client, teacher: dict[str, str]) -> None:
    code, cards = made(client, teacher)
    first = ask(client.app, "GET", "/sign-in/class", params={"code": code}, address="10.0.0.11").text
    assert chosen(first) == []  # nobody, until a child chooses
    assert '<select name="who" required><option value="">Choose your name</option>' in first
    wrong = "0000" if cards["Ben"] != "0000" else "1111"
    after_pin = sign_in(client, code, "Ben", "10.0.0.11", pin=wrong)
    assert (after_pin.status_code, chosen(after_pin.text), "<details open>" in after_pin.text) == (400, ["Ben"], False)
    pictures = {f"picture{number}": "cat" for number in (1, 2, 3)}
    after_pictures = sign_in(client, code, "Ben", "10.0.0.11", **pictures).text
    assert (chosen(after_pictures), "<details open>" in after_pictures) == (["Ben"], True)
    assert " checked" not in after_pictures
    while (locked := sign_in(client, code, "Ben", "10.0.0.11", pin=wrong)).status_code != 429:
        assert chosen(locked.text) == ["Ben"]
    assert "Ada" not in locked.text  # by names whoever guesses would see that there is such a class
    fields = dict(re.findall(r'<input[^>]* name="(code|who)" value="(\w+)"', locked.text))
    assert chosen(ask(client.app, "GET", "/sign-in/class", params=fields, address="10.0.0.11").text) == ["Ben"]


def test_codes_and_cards_are_guessed_only_so_often_from_one_address(client: Client, teacher: dict[str, str]) -> None:
    code, cards = made(client, teacher)
    tried = [
        ask(client.app, "GET", f"/sign-in/class?code=WRONG{number}", address="10.0.0.6").status_code
        for number in range(12)
    ]
    assert tried[0] == 404
    assert tried[-1] == 429
    assert sign_in(client, code, "Ada", "10.0.0.7", pin=cards["Ada"]).status_code == 303


def test_what_is_ended_signs_in_nobody(client: Client, teacher: dict[str, str]) -> None:
    code, cards = made(client, teacher)
    assert (
        ask(client.app, "POST", "/board/cards/7b", data={"do": "revoke", "person": ADA}, headers=teacher).status_code
        == 303
    )
    assert sign_in(client, code, "Ada", "10.0.0.8", pin=cards["Ada"]).status_code == 400
    assert sign_in(client, code, "Ben", "10.0.0.8", pin=cards["Ben"]).status_code == 303
    ask(client.app, "POST", "/board/cards/7b", data={"do": "end"}, headers=teacher)
    assert ask(client.app, "GET", f"/sign-in/class?code={code}", address="10.0.0.9").status_code == 404
