"""Signing in with an OpenID Connect issuer: whose login it is, and every answer that must not be believed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from lrs.accounts.accounts import Account
from lrs.accounts.issuers import ATTEMPT_SECONDS, BadIssuer, SignInIssuer
from lrs.accounts.roles import PersonRole
from lrs.cli.schemas import NOWHERE
from lrs.http.signed_in import COOKIE
from lrs.web.sign_in_with import COOKIE as BROWSER
from schemas.catalog import Class, Member
from schemas.roster import Person
from tests.support.api import Client, ask
from tests.support.issuer import pair
from tests.support.oidc_provider import CLIENT, SECRET, Claims, Provider, providing
from tests.support.server import free_port

TENANT, STORE = "people", "http://localhost:8080/below"
MAIL = "ada@school.example"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("sign-in"), NOWHERE)
    member = Member(learner=f"mbox:mailto:{MAIL}", name="Ada", person="p-ada")
    found.parts.catalogs.append_all(
        TENANT,
        "test",
        [
            Person(id="p-ada", name="Ada", mailboxes=[MAIL]),
            Person(id="t1", name="Ms K", mailboxes=["kay@school.example", "office@school.example"]),
            Person(id="t2", name="Mr L", mailboxes=["office@school.example"]),
            Person(id="x1", name="in no class", mailboxes=["x@school.example"]),
            Class(id="7b", teachers=["t1"], learners=[member]),
        ],
        1,
    )
    yield found
    found.close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as found:
        yield found


def issuer(client: Client, provider: Provider, **more: Any) -> SignInIssuer:
    name = f"i{uuid.uuid4().hex[:12]}"
    made = SignInIssuer(name, "The school", TENANT, provider.url, CLIENT, SECRET, STORE, **more)
    client.parts.issuers.add(made)
    return made


def begun(client: Client, chosen: SignInIssuer, to: str = "") -> tuple[str, str]:
    """Where a browser is sent, and its cookie."""
    answer = ask(client.app, "GET", f"/sign-in/with/{chosen.name}", params={"next": to})
    assert answer.status_code == 303, answer.text
    attributes = answer.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax"} <= set(attributes)
    return answer.headers["location"], attributes[0]


def back(client: Client, where: str, cookie: str) -> httpx.Response:
    assert where.startswith(f"{STORE}/sign-in/callback?")
    return ask(client.app, "GET", f"/sign-in/callback?{urlsplit(where).query}", headers={"Cookie": cookie})


def sign_in(client: Client, chosen: SignInIssuer, to: str = "") -> httpx.Response:
    where, cookie = begun(client, chosen, to)
    return back(client, httpx.get(where).headers["location"], cookie)


def account_of(client: Client, answer: httpx.Response) -> Account:
    assert answer.status_code == 303, answer.text
    name, _, token = answer.headers["set-cookie"].partition(";")[0].partition("=")
    session = client.parts.signed_in.accounts.session(token)
    assert name == COOKIE
    assert session is not None
    assert session.account is not None
    return session.account


class TestWhoseLoginItIs:
    def test_the_rosters_id(self, client: Client, provider: Provider) -> None:
        chosen = issuer(client, provider, roster_claim="sourcedId")
        provider.user = {"sub": "s-1", "sourcedId": "p-ada", "name": "somebody"}
        answer = sign_in(client, chosen)
        account = account_of(client, answer)
        assert (account.person, account.role, account.name) == ("p-ada", PersonRole.LEARNER, "Ada")
        assert answer.headers["location"] == f"/board/learners/{quote('person:p-ada', safe='')}"
        provider.user = {"sub": "s-1"}  # once bound, the login is enough
        assert account_of(client, sign_in(client, chosen)).id == account.id
        provider.user = {"sub": "s-2", "sourcedId": "p-nobody"}
        assert sign_in(client, chosen).status_code == 403
        (bound,) = [one for one in client.parts.logins.all() if one.issuer == provider.url]
        assert (bound.subject, bound.account.id, bound.how) == ("s-1", account.id, "roster")

    def test_a_verified_address_of_an_issuer_whose_addresses_count(self, client: Client, provider: Provider) -> None:
        chosen = issuer(client, provider, addresses=True)
        provider.user = {"sub": "k-1"}
        provider.more = {"email": "Kay@School.example", "email_verified": True}  # from userinfo
        account = account_of(client, sign_in(client, chosen))
        assert (account.person, account.role) == ("t1", PersonRole.TEACHER)

    @pytest.mark.parametrize(
        "said",
        [
            {"email": "kay@school.example"},
            {"email": "kay@school.example", "email_verified": False},
            {"email": "kay@school.example", "email_verified": "true"},
            {"email": "office@school.example", "email_verified": True},  # two persons'
            {"email": "x@school.example", "email_verified": True},  # in no class: an operator has to say what they are
            {"name": "Ms K", "preferred_username": "t1"},
        ],
    )
    def test_nothing_else(self, client: Client, provider: Provider, said: Claims) -> None:
        chosen = issuer(client, provider, addresses=True)
        provider.user = {"sub": "k-2", **said}
        answer = sign_in(client, chosen)
        assert (answer.status_code, COOKIE in answer.headers.get("set-cookie", "")) == (403, False)
        assert f"lrs sign-in bind LOGIN {chosen.name} k-2" in answer.text
        assert [one for one in client.parts.logins.all() if one.issuer == provider.url] == []

    def test_the_same_address_of_another_issuer_gets_nothing(self, client: Client, provider: Provider) -> None:
        provider.user = {"sub": "a-1", "email": MAIL, "email_verified": True}
        assert account_of(client, sign_in(client, issuer(client, provider, addresses=True))).person == "p-ada"
        with providing() as other:
            other.user = dict(provider.user)
            assert sign_in(client, issuer(client, other)).status_code == 403
            elsewhere = issuer(client, other, addresses=True)
            client.parts.issuers.remove(elsewhere.name)
            client.parts.issuers.add(
                SignInIssuer("elsewhere", "E", "elsewhere", other.url, CLIENT, SECRET, STORE, addresses=True)
            )
            chosen = client.parts.issuers.get("elsewhere")
            assert chosen is not None
            assert sign_in(client, chosen).status_code == 403
            assert [one for one in client.parts.logins.all() if one.issuer == other.url] == []

    def test_userinfo_of_somebody_else_is_not_believed(self, client: Client, provider: Provider) -> None:
        chosen = issuer(client, provider, addresses=True)
        provider.user = {"sub": "m-1"}
        provider.more = {"sub": "somebody else", "email": MAIL, "email_verified": True}
        assert sign_in(client, chosen).status_code == 403

    def test_an_operator_binds_and_disables(self, client: Client, provider: Provider) -> None:
        chosen, accounts = issuer(client, provider), client.parts.signed_in.accounts
        login = uuid.uuid4().hex
        leader = accounts.add(TENANT, login, PersonRole.LEADER)
        provider.user = {"sub": "l-1"}
        assert sign_in(client, chosen).status_code == 403
        client.parts.logins.bind(provider.url, "l-1", leader, "operator")
        assert account_of(client, sign_in(client, chosen, "/board/people")).login == login
        assert sign_in(client, chosen, "/board/people").headers["location"] == "/board/people"
        accounts.set_disabled(login, True)
        assert sign_in(client, chosen).status_code == 403
        accounts.set_disabled(login, False)
        assert client.parts.logins.unbind(provider.url, "l-1")
        assert sign_in(client, chosen).status_code == 403

    def test_a_guardians_account_is_not_the_learners(self, client: Client, provider: Provider) -> None:
        accounts = client.parts.signed_in.accounts
        guardian = accounts.add(TENANT, uuid.uuid4().hex, PersonRole.GUARDIAN, person="p-ada")
        chosen = issuer(client, provider, roster_claim="id")
        provider.user = {"sub": "g-1", "id": "p-ada"}
        assert account_of(client, sign_in(client, chosen)).id != guardian.id

    def test_a_disabled_account_is_not_created_again(self, client: Client, provider: Provider) -> None:
        accounts = client.parts.signed_in.accounts
        accounts.add(TENANT, login := uuid.uuid4().hex, PersonRole.TEACHER, person="t2")
        accounts.set_disabled(login, True)
        provider.user = {"sub": "t-2", "id": "t2"}
        assert sign_in(client, issuer(client, provider, roster_claim="id")).status_code == 403

    def test_the_domain_is_asked_for_at_every_sign_in(self, client: Client, provider: Provider) -> None:
        chosen = issuer(client, provider, roster_claim="id", domain="school.example")
        provider.user = {"sub": "d-1", "id": "p-ada", "hd": "school.example"}
        assert sign_in(client, chosen).status_code == 303
        provider.user["hd"] = "elsewhere.example"
        assert sign_in(client, chosen).status_code == 403


def changed(**claims: Any) -> Any:
    return lambda made: {name: value for name, value in (made | claims).items() if value is not None}


class TestWhatIsNotBelieved:
    @pytest.mark.parametrize(
        "tamper",
        [
            changed(nonce="another"),
            changed(nonce=None),
            changed(aud="another"),
            changed(aud=None),
            changed(aud=[CLIENT, "another"]),  # who was authorized?
            changed(aud=[CLIENT, "another"], azp="another"),
            changed(azp="another"),
            changed(iss="https://elsewhere.example"),
            changed(iss=None),
            lambda made: made | {"exp": time.time() - 120},  # when it is asked: a run of all tests is long
            lambda made: made | {"iat": time.time() + 600},
            changed(exp=None),
            changed(iat=None),
            changed(sub=None),
            changed(sub=""),
        ],
    )
    def test_a_token(self, client: Client, provider: Provider, tamper: Any) -> None:
        chosen = issuer(client, provider, roster_claim="id")
        provider.user = {"sub": "n-1", "id": "p-ada"}
        provider.tamper = tamper
        answer = sign_in(client, chosen)
        assert (answer.status_code, COOKIE in answer.headers.get("set-cookie", "")) == (400, False), answer.text
        assert "this sign-in cannot be trusted" in answer.text

    def test_a_token_for_several_of_whom_this_is_the_authorized_one(self, client: Client, provider: Provider) -> None:
        chosen = issuer(client, provider, roster_claim="id")
        provider.user = {"sub": "n-2", "id": "p-ada"}
        provider.tamper = changed(aud=["another", CLIENT], azp=CLIENT)
        assert sign_in(client, chosen).status_code == 303

    def test_a_key_that_is_not_the_issuers(self, client: Client, provider: Provider) -> None:
        chosen = issuer(client, provider, roster_claim="id")
        provider.user = {"sub": "n-1", "id": "p-ada"}
        provider.key = pair("op")
        assert sign_in(client, chosen).status_code == 400

    def test_an_answer_is_good_once_and_in_its_browser(self, client: Client, provider: Provider) -> None:
        chosen = issuer(client, provider, roster_claim="id")
        provider.user = {"sub": "b-1", "id": "p-ada"}
        where, cookie = begun(client, chosen)
        sent_to = httpx.get(where).headers["location"]
        other = begun(client, chosen)[1]
        for wrong in ("", other, f"{BROWSER}=x"):
            assert back(client, sent_to, wrong).status_code == 400
        assert back(client, sent_to, cookie).status_code == 303
        again = back(client, sent_to, cookie)
        assert (again.status_code, "sign in again" in again.text) == (400, True)

    def test_two_tabs(self, client: Client, provider: Provider) -> None:
        chosen = issuer(client, provider, roster_claim="id")
        provider.user = {"sub": "b-2", "id": "p-ada"}
        where, cookie = begun(client, chosen)
        second = ask(client.app, "GET", f"/sign-in/with/{chosen.name}", headers={"Cookie": cookie})
        for address in (second.headers["location"], where):
            assert back(client, httpx.get(address).headers["location"], cookie).status_code == 303

    def test_it_expires(self, client: Client, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        chosen = issuer(client, provider, roster_claim="id")
        where, cookie = begun(client, chosen)
        sent_to = httpx.get(where).headers["location"]
        later = time.time() + ATTEMPT_SECONDS + 1
        monkeypatch.setattr(client.parts.issuers, "_clock", lambda: later)
        assert back(client, sent_to, cookie).status_code == 400

    def test_another_issuers_answer(self, client: Client, provider: Provider) -> None:
        where, cookie = begun(client, issuer(client, provider))
        sent_to = httpx.get(where).headers["location"].replace("iss=http%3A", "iss=https%3A")
        assert back(client, sent_to, cookie).status_code == 400

    def test_who_refuses_is_not_signed_in(self, client: Client, provider: Provider) -> None:
        where, cookie = begun(client, issuer(client, provider))
        (begun_as,) = parse_qs(urlsplit(where).query)["state"]
        answer = back(client, f"{STORE}/sign-in/callback?error=access_denied&state={begun_as}", cookie)
        assert (answer.status_code, "The school did not sign you in: access_denied" in answer.text) == (400, True)

    def test_an_issuer_that_is_away(self, client: Client) -> None:
        made = SignInIssuer("away", "Away", TENANT, f"http://127.0.0.1:{free_port()}", CLIENT, SECRET, STORE)
        client.parts.issuers.add(made)
        assert ask(client.app, "GET", "/sign-in/with/away").status_code == 503
        assert ask(client.app, "GET", "/sign-in/with/none").status_code == 404


def test_the_page_offers_it(client: Client, provider: Provider) -> None:
    chosen = issuer(client, provider)
    page = ask(client.app, "GET", "/sign-in", params={"next": "/board?x=1"}).text
    assert f'href="/sign-in/with/{chosen.name}?next=%2Fboard%3Fx%3D1">The school</a>' in page


@pytest.mark.parametrize(
    ("name", "url", "client_id"),
    [("UPPER", "https://a.example", "c"), ("a", "http://a.example", "c"), ("a", "https://a.example", "")],
)
def test_an_issuer_that_cannot_be(name: str, url: str, client_id: str) -> None:
    with pytest.raises(BadIssuer):
        SignInIssuer(name, "", TENANT, url, client_id, "s", "https://store.example")
