"""The help of `lrs verify` says which tables it compares, and which it does not."""

from __future__ import annotations

import re

from click.testing import CliRunner

from lrs.cli.verify import verify
from lrs.store import migrate
from lrs.verification.not_compared import NOT_COMPARED
from processors.folds.registry import fold_names


def test_the_help_names_every_table() -> None:
    said = CliRunner().invoke(verify, ["--help"]).output
    compared, _, not_compared = said.partition("Not compared:")
    views = {table for table in migrate.tables() if table.startswith("to_")}  # without rows of their own
    named = {part: set(re.findall(r"`(\w+)`", text)) for part, text in (("yes", compared), ("no", not_compared))}
    assert {*migrate.tables(), *fold_names()} - NOT_COMPARED.keys() <= named["yes"]
    assert NOT_COMPARED.keys() - views <= named["no"]
