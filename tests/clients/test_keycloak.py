"""People sign in with a real Keycloak, in Chromium: whose login it is, and what of a real issuer is not believed."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from lrs.accounts.accounts import Accounts, embedded_accounts_url
from lrs.accounts.logins import Logins
from lrs.auth.id_tokens import IdTokens
from lrs.auth.keys import IssuerKeys
from lrs.auth.tokens import BadToken
from tests.support.eventually import eventually
from tests.support.keycloak import CLIENT, PASSWORDS, SECRET, Keycloak, keycloak  # noqa: F401 - fixture
from tests.support.server import Server, serving

pytestmark = pytest.mark.soak  # Keycloak is 150 MB, and takes a minute to start

ROSTER = """class,id,name,role,email
7b,t1,Kim Okoro,teacher,kim@school.example
7b,t9,Lou Weber,teacher,lou@school.example
7b,p1,Ada,learner,
"""


@pytest.fixture(scope="module")
def store(keycloak: Keycloak, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:  # noqa: F811
    """A store whose people sign in with the realm `school`, by its verified addresses."""
    with serving(tmp_path_factory.mktemp("store")) as found:
        with found.client() as client:
            assert client.post("/roster", content=ROSTER.encode()).raise_for_status().json()["problems"] == []
        for realm in ("school", "elsewhere"):
            keycloak.import_realm(realm, f"{found.base}/sign-in/callback")
        add_issuer(keycloak, found, "school", "school", "--addresses")
        yield found


def run(store: Server, *words: str, text: str = "") -> None:
    """Run a command of `lrs` on a running store."""
    command = [sys.executable, "-m", "lrs.cli.main", *words, "--data", str(store.data)]
    subprocess.run(command, input=text.encode(), check=True, stdout=subprocess.DEVNULL)


def add_issuer(keycloak: Keycloak, store: Server, name: str, realm: str, *more: str) -> None:  # noqa: F811
    """Let people sign in with a realm. The last of two options counts."""
    given = ["--issuer", keycloak.issuer(realm), "--client", CLIENT, "--secret", "-", "--url", store.base]
    run(store, "sign-in", "add", name, *given, *more, text=f"{SECRET}\n")


def sign_in(page: Page, store: Server, issuer: str, user: str) -> None:
    """From the store's page to the issuer's, and back."""
    page.goto(f"{store.base}/sign-in")
    page.get_by_role("link", name=issuer, exact=True).click()
    page.get_by_label("Username or email").fill(user)
    page.locator("#password").fill(PASSWORDS[user])
    page.get_by_role("button", name="Sign In").click()
    page.wait_for_url(f"{store.base}/**")


def is_signed_in(page: Page, name: str) -> None:
    expect(page.locator("form.sign-out")).to_contain_text(name)


def bound(store: Server) -> set[tuple[str, str]]:
    """Every login that is somebody's: its issuer, and whose it is."""
    url = embedded_accounts_url(store.data)
    accounts = Accounts(url)
    logins = Logins(url, accounts)
    return {(found.issuer, found.account.person) for found in logins.all()}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that nobody signed in with."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_verified_address(keycloak: Keycloak, store: Server, page: Page) -> None:  # noqa: F811
    sign_in(page, store, "school", "t1")
    is_signed_in(page, "Kim Okoro")
    page.goto(f"{store.base}/board/classes/7b")
    expect(page.locator("h1")).to_contain_text("7b")
    assert (keycloak.issuer("school"), "t1") in bound(store)


def test_signing_out_ends_the_session_here_alone(store: Server, page: Page) -> None:
    sign_in(page, store, "school", "t1")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.goto(f"{store.base}/board")
    page.wait_for_url("**/sign-in?*")
    page.get_by_role("link", name="school", exact=True).click()  # the issuer still knows this browser
    is_signed_in(page, "Kim Okoro")


def test_an_unverified_address_gets_nothing_until_an_operator_binds_it(
    keycloak: Keycloak,  # noqa: F811
    store: Server,
    page: Page,
) -> None:
    sign_in(page, store, "school", "lou")
    expect(page.locator("h1")).to_have_text("Nobody here has this login")
    words = page.locator("pre").inner_text().split()
    assert words[:5] == ["lrs", "sign-in", "bind", "LOGIN", "school"]
    assert (keycloak.issuer("school"), "t9") not in bound(store)
    page.goto(f"{store.base}/board")
    page.wait_for_url("**/sign-in?*")
    run(store, "accounts", "add", "lou", "--role", "teacher", "--person", "t9", "--name", "Lou Weber")
    run(store, "sign-in", "bind", "lou", "school", words[5])
    page.get_by_role("link", name="school", exact=True).click()
    is_signed_in(page, "Lou Weber")


def test_the_same_address_in_another_realm_gets_nothing(
    keycloak: Keycloak,  # noqa: F811
    store: Server,
    browser: Browser,
) -> None:
    issuer = keycloak.issuer("elsewhere")
    add_issuer(keycloak, store, "no-addresses", "elsewhere")
    add_issuer(keycloak, store, "of-others", "elsewhere", "--addresses", "--tenant", "elsewhere")
    for name in ("no-addresses", "of-others"):
        context = browser.new_context()
        page = context.new_page()
        sign_in(page, store, name, "t1")
        expect(page.locator("h1")).to_have_text("Nobody here has this login")
        context.close()
    assert issuer not in {of for of, _ in bound(store)}


def test_a_claim_that_holds_the_rosters_id(keycloak: Keycloak, store: Server, page: Page) -> None:  # noqa: F811
    add_issuer(keycloak, store, "by-id", "elsewhere", "--roster-claim", "preferred_username")
    sign_in(page, store, "by-id", "t1")
    is_signed_in(page, "Kim Okoro")


def test_a_new_key(keycloak: Keycloak, store: Server, browser: Browser) -> None:  # noqa: F811
    """The key that the store knew is gone; the new one is fetched, though not at once."""
    keycloak.rotate_key("school")

    def works() -> bool:
        context = browser.new_context()
        page = context.new_page()
        sign_in(page, store, "school", "t1")
        signed_in = page.locator("form.sign-out").count() == 1
        context.close()
        return signed_in

    eventually(works)


def test_a_code_is_good_for_one_browser_and_once(store: Server) -> None:
    with httpx.Client(timeout=240) as own, httpx.Client(timeout=240) as thief:
        form = own.get(own.get(f"{store.base}/sign-in/with/school").headers["location"]).text
        [action] = re.findall(r'<form[^>]* action="([^"]+)"', form)
        # Browsers send secure cookies to the loopback without https, too.
        kept = {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in own.cookies.jar)}
        sent = own.post(unescape(action), data={"username": "t1", "password": PASSWORDS["t1"]}, headers=kept)
        back = sent.headers["location"]
        assert {"code", "state", "iss"} <= parse_qs(urlsplit(back).query).keys()
        assert "begun in another browser" in thief.get(back).text
        assert own.get(back).headers["location"] == "/board"
        assert "sign in again" in own.get(back).text


def test_the_issuer_asks_for_pkce_and_gets_it(keycloak: Keycloak, store: Server) -> None:  # noqa: F811
    begun = httpx.get(f"{store.base}/sign-in/with/school", timeout=240).headers["location"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(begun).query).items()}
    assert query.pop("code_challenge_method") == "S256"
    assert httpx.get(begun, timeout=240).status_code == 200
    del query["code_challenge"]
    refused = httpx.get(f"{begun.split('?')[0]}?{urlencode(query)}", timeout=240)
    assert "Missing+parameter%3A+code_challenge_method" in refused.headers["location"]


def test_what_is_not_believed(keycloak: Keycloak, store: Server) -> None:  # noqa: F811
    """Tokens that Keycloak signed, but for another client, of another realm, or for no sign-in that was begun."""

    async def verify(token: str, realm: str) -> dict[str, Any]:
        url = keycloak.issuer(realm)
        return await IdTokens(url, CLIENT, IssuerKeys(url)).verify(token, "a nonce")

    own = keycloak.token("school", CLIENT, SECRET, "t1")
    other = keycloak.token("school", "another", "another secret", "t1")
    for token, realm, why in (
        (other, "school", "Audience"),
        (own, "elsewhere", "key"),
        (own, "school", "nonce"),
    ):
        with ThreadPoolExecutor() as threads, pytest.raises(BadToken, match=why):  # Playwright has a loop in this one
            threads.submit(asyncio.run, verify(token, realm)).result()


def test_an_issuer_by_another_name_is_not_it(keycloak: Keycloak, store: Server) -> None:  # noqa: F811
    """Its own word for itself counts, letter by letter."""
    for number, url in enumerate(
        (keycloak.issuer("school") + "/", keycloak.issuer("school").replace("127.0.0.1", "localhost"))
    ):
        add_issuer(keycloak, store, f"misnamed-{number}", "school", "--issuer", url)
        answer = httpx.get(f"{store.base}/sign-in/with/misnamed-{number}", timeout=240)
        assert answer.status_code == 503, answer.text
