"""The server of the API: idle it hardly wakes, and a signal ends it at once."""

from __future__ import annotations

import asyncio
import signal

import pytest
import uvicorn

from lrs.processes import api
from lrs.processes.api import ApiServer


async def _app(scope: object, receive: object, send: object) -> None: ...


def test_a_signal_wakes_it_before_its_next_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "TICK_SECONDS", 3600.0)
    server, ticks = ApiServer(uvicorn.Config(_app)), []

    async def on_tick(counter: int) -> bool:
        ticks.append(server.should_exit)
        if len(ticks) == 1:
            asyncio.get_running_loop().call_soon(server.handle_exit, signal.SIGTERM, None)
        return server.should_exit

    monkeypatch.setattr(server, "on_tick", on_tick)
    asyncio.run(server.main_loop())
    assert ticks == [False, True]


def test_a_signal_before_it_waits_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "TICK_SECONDS", 3600.0)
    server = ApiServer(uvicorn.Config(_app))
    server.handle_exit(signal.SIGTERM, None)
    asyncio.run(server.main_loop())
