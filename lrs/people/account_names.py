"""Which account is whose, from a CSV: two columns, or the list of whom nobody knows with its first column filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lrs.csv_files.files import CsvFiles
from lrs.csv_files.problem import Problems, UnreadableCsv
from lrs.csv_files.table import CsvColumns
from schemas.catalog import Catalog
from schemas.people import LONGEST_KEY
from schemas.roster import LONGEST_ID, AccountNaming
from schemas.xapi.actor import untrackable

COLUMNS = CsvColumns(("sourcedId", "account"), ("home_page", "name", "browser"))
_NO_ACCOUNT = "is not the home page of accounts: write a mailbox into the roster, or merge on the page of people"


@dataclass(slots=True)
class AccountNames:
    """The names of accounts by home page and person, and what was wrong."""

    pages: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)


class NamedAccount(NamedTuple):
    """An account that a file says is a person's; `before`: what was said until now, "" for nothing."""

    home_page: str
    id: str
    name: str
    account: str
    before: str


class NamesPlan(NamedTuple):
    """What a file changes: the changes, and the accounts that are new or another person's."""

    changes: list[AccountNaming]
    rows: list[NamedAccount]


def is_home_page(text: str) -> bool:
    """Whether a text is an address that accounts have: not what stands for mailboxes where nobody knows them."""
    return ":" in text and not text.startswith("mailto:") and len(text) <= LONGEST_KEY


def read_account_names(path: Path, home_page: str = "") -> AccountNames:
    """The accounts in a CSV: those of a home page; of all that the file names, where none is given.

    Raises UnreadableCsv, OSError.
    """
    files = CsvFiles(path)
    [name, *_] = files
    table = files.table(name, COLUMNS)
    if table is None:
        raise UnreadableCsv("the mapping needs the columns sourcedId and account")
    found = AccountNames(problems=files.problems)
    owners: dict[tuple[str, str], str] = {}
    unfilled = 0
    for row in table.rows:
        id_, account, page = row["sourcedId"], row["account"], row["home_page"] or home_page

        def left_out(column: str, message: str, line: int = row.line) -> None:
            found.problems.add(table.file, line, column, f"{message}: left out", error=True)

        if not id_ and row["home_page"]:  # of a list of whom nobody knows
            unfilled += 1
        elif not id_ or not account:
            left_out("account" if id_ else "sourcedId", "is empty")
        elif len(id_) > LONGEST_ID:
            left_out("sourcedId", f"is longer than {LONGEST_ID} characters")
        elif not page:
            left_out("home_page", "is neither given nor in the file")
        elif home_page and page != home_page:
            found.problems.add(table.file, row.line, "home_page", f"{page} is another system: passed over")
        elif not is_home_page(page):
            left_out("home_page", f"{page} {_NO_ACCOUNT}")
        elif len(f"account:{page}|{account}") > LONGEST_KEY:
            left_out("account", f"with its home page is longer than {LONGEST_KEY:,} characters")
        elif untrackable(f"account:{page}|{account}"):
            left_out("account", f"{account} names a browser that asked not to be recognised, and no person")
        elif id_ in found.pages.get(page, ()) or (page, account) in owners:
            left_out("account", f"{id_} or {account} comes twice")
        else:
            found.pages.setdefault(page, {})[id_] = account
            owners[page, account] = id_
    if unfilled:
        found.problems.add(table.file, 0, "sourcedId", f"is empty in {unfilled:,} rows: they are passed over")
    return found


def plan_names(found: AccountNames, catalog: Catalog) -> NamesPlan:
    """What the accounts change; a person whose account is reassigned loses it. Adds to the problems."""
    changes, rows = [], []
    for page, names in found.pages.items():
        existing = catalog.accounts.get(page) or AccountNaming(id=page)
        given = {account: id_ for id_, account in names.items()}
        kept = {id_: account for id_, account in existing.names.items() if given.get(account, id_) == id_}
        owners = {account: id_ for id_, account in existing.names.items()}
        after = kept | names
        if after != existing.names:
            changes.append(existing.model_copy(update={"names": after}))
        for id_, account in names.items():
            person = catalog.persons.get(id_)
            if person is None:
                found.problems.add(page, 0, "sourcedId", f"there is no person {id_}: kept until there is")
            if existing.names.get(id_) != account:
                before = existing.names.get(id_, "")
                if (owner := owners.get(account, id_)) != id_:
                    before = f"{before}, and of {owner}" if before else f"of {owner}"
                rows.append(NamedAccount(page, id_, person.name if person else "", account, before))
    return NamesPlan(changes, rows)
