"""`lrs demo`: start a server, play a simulated school, and show what a teacher sees."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import httpx
from rich.console import Console

from lrs.cli.boards import legend, pressing
from lrs.cli.options import EXIT_TAKEN, EXIT_UNAVAILABLE, fail
from lrs.cli.progress import bar
from lrs.simulator.play import Played, Player, PlayFailed
from lrs.simulator.school import School
from lrs.simulator.statements import deliveries

KEY, SECRET = "demo", "demo-secret"
START_SECONDS = 60


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option("--classes", type=click.IntRange(1, 8), default=4, show_default=True)
@click.option("--learners", type=click.IntRange(1, 60), default=28, show_default=True, help="Learners of each class.")
@click.option("--weeks", type=click.IntRange(1, 20), default=6, show_default=True)
@click.option("--seed", default=7, show_default=True)
@click.option("--once", is_flag=True, help="End when all is shown (so it does under CI).")
def demo(port: int, classes: int, learners: int, weeks: int, seed: int, once: bool) -> None:
    """Play a seeded, simulated school and print each class's board. The data is thrown away at the end."""
    once = once or bool(os.environ.get("CI"))
    console = Console()
    base = f"http://127.0.0.1:{port}"
    school = School.build(seed, classes, learners, weeks)
    with tempfile.TemporaryDirectory(prefix="pacer-demo-") as folder, _server(Path(folder), port):
        try:
            played = _play(school, Player(base, KEY, SECRET))
        except PlayFailed as error:
            fail(str(error), EXIT_UNAVAILABLE)
        _show(console, base, school, played)
        if once:
            return
        console.print("The server stays up until you press Ctrl-C.")
        try:
            signal.pause()
        except KeyboardInterrupt:
            console.print("Stopping.")


@contextmanager
def _server(data: Path, port: int) -> Iterator[None]:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            fail(f"port {port} is taken: choose another with --port (make demo DEMO='--port 8090')", EXIT_TAKEN)
    words = [sys.executable, "-m", "lrs.cli.main", "serve", "--port", str(port), "--data", os.fspath(data)]
    # A session of its own: Ctrl-C ends the demo, and the demo ends the server.
    server = subprocess.Popen([*words, "--credential", f"{KEY}:{SECRET}"], start_new_session=True)
    try:
        _wait(f"http://127.0.0.1:{port}", server)
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(15)


def _wait(base: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            fail(f"the server ended with exit code {server.returncode}; its reason stands above")
        try:
            if httpx.get(f"{base}/ready", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.1)
    fail(f"the server was not ready in {START_SECONDS} s", EXIT_UNAVAILABLE)


def _play(school: School, player: Player) -> Played:
    batches = deliveries(school)
    with bar() as shown:
        task = shown.add_task("statements", total=sum(len(batch.statements) for batch in batches))
        return asyncio.run(player.play(school, batches, lambda count: shown.advance(task, count)))


def _show(console: Console, base: str, school: School, played: Played) -> None:
    with httpx.Client(base_url=base, auth=(KEY, SECRET), timeout=30) as client:
        for name in school.classes:
            board: dict[str, Any] = client.get(f"/pacing/classes/{quote(name)}").raise_for_status().json()
            console.print(pressing(board))
    lags = sorted(played.lags)
    console.print(legend())
    console.print(
        f"{played.statements:,} statements of {sum(map(len, school.classes.values()))} learners in "
        f"{played.seconds:.1f} s ({played.statements / played.seconds:,.0f}/s; {played.repeated:,} more came twice)"
    )
    console.print(
        f"event → queryable: p50 {statistics.median(lags):.2f} s, p95 {lags[int(len(lags) * 0.95)]:.2f} s "
        f"({len(lags)} times measured, under this load)"
    )
    console.print(f"The board: {base}/board   (key {KEY}, secret {SECRET})")
