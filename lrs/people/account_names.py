"""Which account is whose, from a CSV: two columns, or the list of whom nobody knows with its first column filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lrs.csv_files.files import CsvFiles
from lrs.csv_files.problem import Problems
from lrs.csv_files.table import CsvColumns
from schemas.catalog import Catalog
from schemas.people import LONGEST_KEY
from schemas.roster import LONGEST_ID, AccountNaming
from schemas.typed_text import line_fault
from schemas.wording import worded
from schemas.xapi.actor import untrackable

ACCOUNT_COLUMNS = CsvColumns(("sourcedId", "account"), ("home_page", "name", "browser"))
_NO_ACCOUNT = worded(
    "is not the home page of accounts: write a mailbox into the roster, or merge on the page of people"
)


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
    return ":" in text and not text.startswith("mailto:") and len(text) <= LONGEST_KEY and not line_fault(text)


def read_account_names(path: Path, home_page: str = "") -> AccountNames:
    """The accounts in a CSV: those of a home page; of all that the file names, where none is given.

    Raises UnreadableCsv, OSError.
    """
    files = CsvFiles(path)
    table = files.first_table(ACCOUNT_COLUMNS)
    account_names = AccountNames(problems=files.problems)
    owners: dict[tuple[str, str], str] = {}
    unfilled = 0
    for row in table.rows:
        id_, account, page = row["sourcedId"], row["account"], row["home_page"] or home_page

        def left_out(column: str, message: str, line: int = row.line) -> None:
            account_names.problems.add(table.file, line, column, worded("%(what)s: left out", what=message), error=True)

        if not id_ and row["home_page"]:  # of a list of whom nobody knows
            unfilled += 1
        elif not id_ or not account:
            left_out("account" if id_ else "sourcedId", worded("is empty"))
        elif len(id_) > LONGEST_ID:
            left_out("sourcedId", worded("is longer than %(most)s characters", most=LONGEST_ID))
        elif not page:
            left_out("home_page", worded("is neither given nor in the file"))
        elif home_page and page != home_page:
            account_names.problems.add(
                table.file, row.line, "home_page", worded("%(page)s is another system: passed over", page=page)
            )
        elif not is_home_page(page):
            left_out("home_page", worded("%(page)s %(why)s", page=page, why=_NO_ACCOUNT))
        elif len(f"account:{page}|{account}") > LONGEST_KEY:
            left_out("account", worded("with its home page is longer than %(most)s characters", most=LONGEST_KEY))
        elif untrackable(f"account:{page}|{account}"):
            left_out(
                "account",
                worded("%(account)s names a browser that asked not to be recognised, and no person", account=account),
            )
        elif id_ in account_names.pages.get(page, ()) or (page, account) in owners:
            left_out("account", worded("%(id)s or %(account)s comes twice", id=id_, account=account))
        else:
            account_names.pages.setdefault(page, {})[id_] = account
            owners[page, account] = id_
    if unfilled:
        account_names.problems.add(
            table.file,
            0,
            "sourcedId",
            worded("is empty in some rows, which are passed over: %(unfilled)s", unfilled=unfilled),
        )
    return account_names


def plan_names(account_names: AccountNames, catalog: Catalog) -> NamesPlan:
    """What the accounts change; a person whose account is reassigned loses it. Adds to the problems."""
    changes, rows = [], []
    for page, names in account_names.pages.items():
        existing = catalog.accounts.get(page) or AccountNaming(id=page)
        ids_by_account = {account: id_ for id_, account in names.items()}
        kept_names = {
            id_: account for id_, account in existing.names.items() if ids_by_account.get(account, id_) == id_
        }
        owners = {account: id_ for id_, account in existing.names.items()}
        names_after = kept_names | names
        if names_after != existing.names:
            changes.append(existing.model_copy(update={"names": names_after}))
        for id_, account in names.items():
            person = catalog.persons.get(id_)
            if person is None:
                account_names.problems.add(
                    page, 0, "sourcedId", worded("there is no person %(id)s: kept until there is", id=id_)
                )
            if existing.names.get(id_) != account:
                before = existing.names.get(id_, "")
                if (owner := owners.get(account, id_)) != id_:
                    before = (
                        worded("%(before)s, and of %(owner)s", before=before, owner=owner)
                        if before
                        else worded("of %(owner)s", owner=owner)
                    )
                rows.append(NamedAccount(page, id_, person.name if person else "", account, before))
    return NamesPlan(changes, rows)
