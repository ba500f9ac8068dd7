"""The application when it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fastapi.routing
import pytest

from tests.support.api import Client


def test_no_request_prepares_routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What FastAPI leaves for the first request, some 50 ms of the event loop, was done before it."""
    client = Client(tmp_path)
    prepared = []
    prepare = fastapi.routing._populate_api_route_state

    def seen(route: Any, path: str, *more: Any, **options: Any) -> None:
        prepared.append(path)
        prepare(route, path, *more, **options)

    monkeypatch.setattr(fastapi.routing, "_populate_api_route_state", seen)
    try:
        assert client.ask(frozenset(), "GET", "/of/no/route").status_code == 404
    finally:
        client.close()
    assert prepared == []
