"""Who is who: every form of an actor, templates, and keys that name nobody."""

from __future__ import annotations

import hashlib
from itertools import permutations

import pytest
from pydantic import ValidationError

from lrs.people.seen import Unmatched, unmatched_by_home_page
from schemas.account_templates import BadTemplate, check_template, fill_account_name
from schemas.catalog import Catalog, Change, Class, Member
from schemas.people import People, by_identity
from schemas.roster import AccountNaming, Person, rostered
from schemas.xapi.actor import identity
from schemas.xapi.actor_keys import actor_key, home_page, is_browser

MOODLE, EDX = "https://moodle.example", "https://edx.example"
UUID = "3f1b5a0c-5b2e-4d5a-9d55-0d3a7b1c2d3e"


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ada@school.example", "mbox:mailto:ada@school.example"),
        ("mailto:Ada@School.example", "mbox:mailto:ada@school.example"),
        ("MAILTO:ada@school.example", "mbox:mailto:ada@school.example"),
        ("mbox:mailto:Ada@school.example", "mbox:mailto:ada@school.example"),
        ("mbox:ada@school.example", "mbox:mailto:ada@school.example"),
        (' {"mbox": "mailto:Ada@school.example", "name": "Ada"} ', "mbox:mailto:ada@school.example"),
        ('{"account": {"homePage": "https://m.example", "name": "a|b"}}', "account:https://m.example|a|b"),
        ("https://m.example|ada", "account:https://m.example|ada"),
        ("account:https://m.example|Ada", "account:https://m.example|Ada"),
        (sha1("mailto:a@b.example").upper(), f"mbox_sha1sum:{sha1('mailto:a@b.example')}"),
        ("https://ada.id.example/", "openid:https://ada.id.example/"),
        ("openid:https://ada.id.example/", "openid:https://ada.id.example/"),
    ],
)
def test_an_actor_in_any_form(text: str, key: str) -> None:
    assert actor_key(text) == key


@pytest.mark.parametrize("text", ["", "ada", "{", "{}", "account:ada", "mbox:ada", "mbox_sha1sum:12", "a@b@c", "|x"])
def test_what_is_no_actor(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        actor_key(text)


def test_what_names_one_person() -> None:
    assert identity("mbox:mailto:Ada@a.example") == identity("mbox:mailto:ada@a.example")
    assert identity("mbox:mailto:Ada@a.example") == f"mbox_sha1sum:{sha1('mailto:ada@a.example')}"
    assert identity("account:HTTPS://M.example/|Ada") == identity("account:https://m.example|Ada")
    assert identity("account:https://m.example|Ada") != identity("account:https://m.example|ada")
    assert identity("account:https://m.example/a|x") != identity("account:https://m.example/A|x")


def catalog(*changes: Change) -> Catalog:
    found = Catalog()
    for n, change in enumerate(changes):
        found.apply(change, n, 0)
    return found


ADA = Person(id="u1", name="Ada", mailboxes=["ada@a.example"], names={"username": "Ada", "identifier": "A-1"})
BEN = Person(id="u2", name="Ben", mailboxes=["ben@a.example"], names={"username": "ben"})


def test_keys_of_a_person() -> None:
    found = People(
        catalog(
            ADA, BEN, AccountNaming(id=MOODLE, template="{username|lower}"), AccountNaming(id=EDX, names={"u1": UUID})
        )
    )
    for key in (
        *("mbox:mailto:ADA@a.example", f"mbox_sha1sum:{sha1('mailto:ada@a.example')}"),
        f"mbox_sha1sum:{sha1('ada@a.example')}",  # Open edX sums the bare address
        *(f"account:{MOODLE}|ada", f"account:{MOODLE}/|ada", f"account:{EDX}|{UUID}"),
    ):
        assert found.rostered(key) == "u1", key
    for key in (f"account:{MOODLE}|Ada", f"account:{EDX}|ben", "mbox:mailto:eve@a.example"):
        assert found.rostered(key) is None, key


def test_what_would_name_two_names_neither() -> None:
    family = [ADA, ADA.model_copy(update={"id": "u3", "name": "Ann", "names": {"username": "ann"}})]
    found = People(catalog(*family, AccountNaming(id=MOODLE, template="{username|lower}")))
    assert found.rostered("mbox:mailto:ada@a.example") is None
    assert found.rostered(f"account:{MOODLE}|ann") == "u3"
    assert list(found.shared.values()) == [["u1", "u3"]] * 2  # the address, and its other sum
    assert found.choose("u3", {}) == f"account:{MOODLE}|ann"
    assert People(catalog(*family)).choose("u3", {}) == rostered("u3")


def test_a_browser_is_never_a_person() -> None:
    key = f"account:https://h5p.example|not-trackable-{UUID}"
    stubborn = catalog(ADA.model_copy(update={"aliases": [key]}))
    assert People(stubborn).rostered(key) is None
    assert People(stubborn).choose("u1", by_identity([key])) == "mbox:mailto:ada@a.example"


def test_a_name_that_statements_use_is_chosen() -> None:
    found = People(catalog(ADA, AccountNaming(id=MOODLE, template="{username|lower}")))
    assert found.choose("u1", {}) == f"account:{MOODLE}|ada"
    seen = f"mbox_sha1sum:{sha1('ada@a.example')}"
    assert found.choose("u1", by_identity([seen])) == seen


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("{username}", "Ada"),
        ("{username|lower}", "ada"),
        ("s-{identifier}-{username|lower}", "s-A-1-ada"),
        ("{email}", None),
        ("{userIds[LTI]}", "77"),
        ("{userProfiles[moodle]|lower}", "ada77"),
    ],
)
def test_templates(template: str, made: str | None) -> None:
    check_template(template)
    names = {**ADA.names, "userIds[LTI]": "77", "userProfiles[moodle]": "Ada77"}
    assert fill_account_name(template, names) == made


@pytest.mark.parametrize(
    "template",
    ["name", "{", "{username}}", "{username|upper}", "{}", "{usrname}", "{username}-{userIds}", "{username[LTI]}"],
)
def test_what_is_no_template(template: str) -> None:
    with pytest.raises(BadTemplate):
        check_template(template)
    with pytest.raises(ValidationError, match="template"):
        AccountNaming(id="https://moodle.example", template=template)


def test_whoever_is_seen_under_several_keys_is_shown_by_the_same_in_any_order() -> None:
    """Else one roster, imported twice, would change classes by the order in which the tables answer."""
    keys = ["mbox:mailto:ada@x.example", f"mbox_sha1sum:{hashlib.sha1(b'mailto:ada@x.example').hexdigest()}"]
    keys += ["account:https://moodle.example|a", "account:https://moodle.example/|a"]
    assert len({tuple(by_identity(order).items()) for order in permutations(keys)}) == 1
    assert by_identity(keys).keys() == {identity(key) for key in keys}


def test_who_matches_nobody() -> None:
    keys = [
        *("mbox:mailto:ada@a.example", f"account:{MOODLE}|1", f"account:{MOODLE}|2"),
        *(f"account:http://moodle.example/|{n}" for n in range(3)),
        *(f"account:https://h5p.example|{UUID}", f"account:https://h5p.example|not-trackable-{UUID}"),
        *("mbox:mailto:guest@b.example", "mbox:mailto:eve@b.example"),
    ]
    guests = Class(id="c", learners=[Member(learner="mbox:mailto:guest@b.example")])
    found = unmatched_by_home_page(keys, catalog(ADA, guests, AccountNaming(id=MOODLE, names={"u1": "1"})))
    assert found == [
        Unmatched("http://moodle.example/", 3, 0, MOODLE),
        Unmatched("https://h5p.example", 2, 2, ""),
        Unmatched(MOODLE, 1, 0, ""),
        Unmatched("mailto:…@b.example", 1, 0, ""),
    ]


def test_where_keys_are_from() -> None:
    assert home_page("account:https://a.example|x|y") == "https://a.example"
    assert home_page("openid:https://a.example") == "openid"
    assert is_browser(f"account:https://a.example|{UUID}")
    assert not is_browser("account:https://a.example|17")
