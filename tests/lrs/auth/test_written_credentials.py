"""Credentials as an operator writes them."""

from __future__ import annotations

import pytest

from lrs.auth.credentials import DEFAULT_TENANT
from lrs.auth.written_credentials import WrittenCredential, credential_lines, parse_credential


@pytest.mark.parametrize(
    ("text", "credential"),
    [
        ("tool:s", WrittenCredential("tool", "s", DEFAULT_TENANT)),
        ("tool:s:school", WrittenCredential("tool", "s", "school")),
        ("tool:s:", WrittenCredential("tool", "s", DEFAULT_TENANT)),
        ("tool:s:a:b", WrittenCredential("tool", "s", "a:b")),
        ("tool", WrittenCredential("tool", "", DEFAULT_TENANT)),
    ],
)
def test_the_parts_of_one(text: str, credential: WrittenCredential) -> None:
    assert parse_credential(text) == credential


def test_a_file_may_have_comments_and_empty_lines() -> None:
    assert credential_lines("# tools\n\n  a:s\nb:t:school  \n") == ["a:s", "b:t:school"]
