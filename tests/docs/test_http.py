"""The page of HTTP requests is made of the exported OpenAPI document."""

from __future__ import annotations

from tests.docs.http import PAGE, page


def test_it_is_current() -> None:
    assert PAGE.read_text() == page(), "run `python -m tests.docs.http`"
