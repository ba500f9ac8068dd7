"""Cards of learners without mail: whose they are, how often one may be wrong, and how they end."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert

from lrs.accounts import class_cards
from lrs.accounts.account_tables import class_codes
from lrs.accounts.accounts import Accounts
from lrs.accounts.class_cards import MOST_WRONG, PICTURES, CardKind, CardState, ClassCards, said_by
from lrs.accounts.roles import PersonRole

TENANT, CLASS, SEED = "school", "7b", "s" * 40
PEOPLE = {"p-ada": "Ada", "mbox:mailto:ben@school.example": "Ben"}


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    found = Accounts(f"sqlite:///{tmp_path / 'accounts.db'}")
    yield found
    found.close()


@pytest.fixture
def cards(tmp_path: Path, accounts: Accounts) -> Iterator[ClassCards]:
    found = ClassCards(f"sqlite:///{tmp_path / 'accounts.db'}", accounts)
    yield found
    found.close()


def wrong(card: str) -> str:
    return "0000" if card != "0000" else "1111"


@pytest.mark.parametrize("kind", list(CardKind))
def test_a_card_signs_in_as_the_one_it_was_made_for(cards: ClassCards, accounts: Accounts, kind: CardKind) -> None:
    made = cards.make(TENANT, PEOPLE, kind, SEED)
    assert made.keys() == PEOPLE.keys()
    for person, name in PEOPLE.items():
        account = cards.verify(TENANT, person, made[person])
        assert account is not None
        assert (account.person, account.name, account.role) == (person, name, PersonRole.LEARNER)
        assert cards.verify(TENANT, person, wrong(made[person])) is None
        assert cards.verify("elsewhere", person, made[person]) is None
    assert cards.verify(TENANT, "p-nobody", "0000") is None
    assert cards.states(TENANT) == dict.fromkeys(PEOPLE, CardState(kind, False))
    assert len(accounts.list_accounts()) == 2
    cards.make(TENANT, PEOPLE, kind, SEED)
    assert len(accounts.list_accounts()) == 2


def test_what_is_on_a_card_is_what_the_form_says() -> None:
    assert said_by({"pin": " 40 71 "}) == "4071"
    assert said_by({"picture1": "cat", "picture2": "sun", "picture3": "boat", "pin": ""}) == "cat sun boat"
    assert all(name.isalpha() for name in PICTURES)


def test_after_so_many_wrong_tries_the_right_one_is_wrong_until_there_is_a_new_card(cards: ClassCards) -> None:
    made = cards.make(TENANT, PEOPLE, CardKind.PIN, SEED)
    for _ in range(MOST_WRONG - 1):
        assert cards.verify(TENANT, "p-ada", wrong(made["p-ada"])) is None
    assert cards.verify(TENANT, "p-ada", made["p-ada"]) is not None  # a right one begins the count again
    for _ in range(MOST_WRONG):
        assert cards.verify(TENANT, "p-ada", wrong(made["p-ada"])) is None
    assert cards.verify(TENANT, "p-ada", made["p-ada"]) is None
    assert cards.states(TENANT)["p-ada"].locked
    assert cards.verify(TENANT, list(PEOPLE)[1], made[list(PEOPLE)[1]]) is not None
    again = cards.make(TENANT, {"p-ada": "Ada"}, CardKind.PIN, SEED)  # the same card, open again
    assert cards.verify(TENANT, "p-ada", again["p-ada"]) is not None


def test_tries_at_the_same_time_count_each(cards: ClassCards, monkeypatch: pytest.MonkeyPatch) -> None:
    made = cards.make(TENANT, PEOPLE, CardKind.PIN, SEED)
    looked: list[str] = []

    def is_right(hashed: str | None, said: str) -> bool:
        looked.append(said if hashed else "nobody's")
        return False

    monkeypatch.setattr(class_cards, "is_right", is_right)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: cards.verify(TENANT, "p-ada", made["p-ada"]), range(4 * MOST_WRONG)))
    assert looked.count(made["p-ada"]) == MOST_WRONG


def test_a_new_card_and_its_end_sign_out(cards: ClassCards, accounts: Accounts) -> None:
    def signed_in() -> str:
        account = cards.verify(TENANT, "p-ada", made["p-ada"])
        assert account is not None
        return accounts.open_session(account)

    made = cards.make(TENANT, PEOPLE, CardKind.PIN, SEED)
    first = signed_in()
    cards.make(TENANT, PEOPLE, CardKind.PIN, SEED)  # the same again
    assert accounts.session(first) is not None
    made = cards.make(TENANT, PEOPLE, CardKind.PIN, SEED[1:])
    assert accounts.session(first) is None
    second = signed_in()
    cards.revoke(TENANT, ["p-ada"])
    assert accounts.session(second) is None
    assert cards.verify(TENANT, "p-ada", made["p-ada"]) is None
    assert "p-ada" not in cards.states(TENANT)


def test_an_account_that_is_there_is_used_and_one_that_is_disabled_gets_none(
    cards: ClassCards, accounts: Accounts
) -> None:
    accounts.add(TENANT, "ada@school.example", PersonRole.LEARNER, "Ada", "p-ada")
    accounts.add(TENANT, "mum@school.example", PersonRole.GUARDIAN, "Mum", "p-ada")
    made = cards.make(TENANT, PEOPLE, CardKind.PIN, SEED)
    found = cards.verify(TENANT, "p-ada", made["p-ada"])
    assert found is not None
    assert found.login == "ada@school.example"
    accounts.set_disabled("ada@school.example", True)
    assert cards.verify(TENANT, "p-ada", made["p-ada"]) is None
    assert "p-ada" not in cards.make(TENANT, PEOPLE, CardKind.PIN, SEED)


def test_a_code_names_one_class_until_it_is_replaced_or_ended(cards: ClassCards) -> None:
    first = cards.set_code(TENANT, CLASS)
    assert cards.class_of(f" {first[:3].lower()} {first[3:].lower()}") == (TENANT, CLASS)
    second = cards.set_code(TENANT, CLASS)
    assert cards.class_of(first) is None
    assert cards.code(TENANT, CLASS) == second
    assert cards.code("elsewhere", CLASS) == ""
    cards.end_code(TENANT, CLASS)
    assert (cards.class_of(second), cards.code(TENANT, CLASS)) == (None, "")


def test_of_two_codes_that_are_given_at_a_time_one_is_the_classes(cards: ClassCards) -> None:
    """The other one could not be seen on the page, nor ended."""
    rows = [{"code": code, "tenant": TENANT, "class_id": CLASS} for code in ("BBBBBB", "AAAAAA")]
    with cards._engine.begin() as connection:  # as two transactions leave it that see nothing of each other
        connection.execute(insert(class_codes), rows)
    assert cards.code(TENANT, CLASS) == "AAAAAA"
    assert cards.class_of("aaa aaa") == (TENANT, CLASS)
    assert cards.class_of("BBBBBB") is None
    new = cards.set_code(TENANT, CLASS)
    assert [cards.class_of(code) for code in ("AAAAAA", "BBBBBB")] == [None, None]
    assert cards.class_of(new) == (TENANT, CLASS)
