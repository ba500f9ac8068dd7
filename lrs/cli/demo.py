"""`lrs demo`: start a server, play a simulated school, and show what a teacher sees."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import click
import orjson
from rich.console import Console

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.boards import legend, pressing
from lrs.cli.counting import counted
from lrs.cli.progress import steps
from lrs.processes.options import json_option
from lrs.simulator.http_player import Played, Player, PlayFailed
from lrs.simulator.monday import Ask, lessons_asked, monday_requests, prepare_monday
from lrs.simulator.school import SimulatedSchool
from lrs.simulator.sign_in_links import SignInLink, session_of, sign_in_links
from lrs.simulator.statements import deliveries

KEY, SECRET = "demo", "demo-secret"
START_SECONDS = 180  # a busy machine starts it in a minute
STOP_SECONDS = 60
_loopback = build_opener(ProxyHandler({}))  # a proxy of the environment cannot reach this machine's loopback


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option(
    "--classes",
    type=click.IntRange(1, 8),
    default=4,
    show_default=True,
    help="7a and 7b are of one school, and others of another.",
)
@click.option("--learners", type=click.IntRange(1, 60), default=28, show_default=True, help="Learners of each class.")
@click.option("--weeks", type=click.IntRange(1, 20), default=8, show_default=True)
@click.option("--seed", default=7, show_default=True)
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Keep the data in this folder.")
@click.option("--once", is_flag=True, help="End when all is shown (so it does under CI).")
@json_option
def demo(
    port: int, classes: int, learners: int, weeks: int, seed: int, data: Path | None, once: bool, as_json: bool
) -> None:
    """Play a seeded, simulated school and print each class's board, and links to sign in as a teacher, a principal, a
    leader, an operator, a learner and a parent. Without --data nothing is kept.

    With --json it ends when all is printed, as with --once.
    """
    once = once or as_json or bool(os.environ.get("CI"))
    console = Console()
    player = Player(f"http://127.0.0.1:{port}", KEY, SECRET)
    school = SimulatedSchool.build(seed, classes, learners, weeks)
    signal.signal(signal.SIGTERM, _end_demo)
    data_folder = tempfile.TemporaryDirectory(prefix="pacer-demo-") if data is None else nullcontext(os.fspath(data))
    with data_folder as folder, _server(player, folder, port) as server:
        try:
            played = _play(school, player, as_json)
            links = sign_in_links(Path(folder), school, player.base)
            boards = {name: _get_json(player, f"/pacing/classes/{quote(name)}") for name in school.classes}
            _ask_for_lessons(Path(folder), school, player.base, next(iter(boards.values())))
        except (PlayFailed, URLError) as error:
            fail(str(error), exits.UNAVAILABLE)
        if as_json:
            print_json(
                {
                    "statements": played.statements,
                    "seconds": played.seconds,
                    "boards": boards,
                    "accounts": [account._asdict() for account in links],
                }
            )
        else:
            _print_board(console, boards, played)
        if once:
            if not as_json:
                _say_how_to_keep(port, data)
            return
        console.print(f"The board: {player.base}/board   (login {KEY}, password {SECRET})")
        _show_links(links)
        console.print("The server stays up until you press Ctrl-C.")
        try:
            server.wait()
        except KeyboardInterrupt:
            console.print("Stopping.")
        else:
            fail(f"the server ended with exit code {server.returncode}; its reason is above")


def _end_demo(number: int, frame: object) -> NoReturn:
    """SIGTERM ends as Ctrl-C does: the server is stopped, and the folder removed."""
    raise SystemExit(128 + number)


@contextmanager
def _server(player: Player, data: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            fail(f"port {port} is in use: choose another with --port (make demo DEMO='--port 8090')", exits.TAKEN)
    command_words = [sys.executable, "-m", "lrs.cli.main", "serve", "--port", str(port), "--data", data]
    # A session of its own: Ctrl-C ends the demo, and the demo ends the server.
    server = subprocess.Popen([*command_words, "--credential", f"{KEY}:{SECRET}"], start_new_session=True)
    try:
        _wait_until_ready(player, server)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def _wait_until_ready(player: Player, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            fail(f"the server ended with exit code {server.returncode}; its reason is above")
        try:
            _get_json(player, "/ready", 2)
        except OSError:
            time.sleep(0.1)  # not listening yet, or not ready
        else:
            return
    fail(
        f"the server was not ready in {START_SECONDS} s: its messages are above; where the machine is busy, try again",
        exits.UNAVAILABLE,
    )


def _get_json(player: Player, path: str, timeout: float = 30) -> Any:
    """The JSON at a path. Raises OSError where it does not answer 200."""
    with _loopback.open(Request(player.base + path, headers=player.headers), timeout=timeout) as http_answer:
        return orjson.loads(http_answer.read())


def _ask_for_lessons(folder: Path, school: SimulatedSchool, base: str, board: Mapping[str, Any]) -> None:
    """Learners of the first class, signed in, ask for what `board` says that they need. Raises OSError."""
    for pupil, skill in lessons_asked(school, board):
        headers = {"Cookie": session_of(folder, pupil), "Content-Type": "application/json"}
        path = f"{base}/pacing/lessons/{quote(pupil.key, safe='')}"
        _loopback.open(Request(path, orjson.dumps({"skill": skill}), headers), timeout=30).close()


def _play(school: SimulatedSchool, player: Player, quiet: bool) -> Played:
    batches = deliveries(school)
    with steps(quiet) as begin:
        advance = begin("statements", sum(len(batch.statements) for batch in batches))
        now = datetime.now(UTC)

        async def then(ask: Ask) -> None:
            done = begin("plans and a check", monday_requests(school))

            async def count(method: str, path: str, value: Any) -> Any:
                answer = await ask(method, path, value)
                done(1)
                return answer

            await prepare_monday(count, school, now.date(), int(now.timestamp() * 1e6))

        return asyncio.run(player.play(school, batches, advance, then))


def _print_board(console: Console, boards: dict[str, Any], played: Played) -> None:
    for board in boards.values():
        console.print(pressing(board))
    console.print(legend())
    learners = sum(len(board["learners"]) for board in boards.values())
    console.print(
        f"{counted(played.statements, 'statement')} of {counted(learners, 'learner')} in "
        f"{played.seconds:.1f} s ({played.statements / played.seconds:,.0f}/s; "
        f"{counted(played.repeated, 'was sent twice', 'were sent twice')})"
    )
    if lags := sorted(played.lags):
        console.print(
            f"event → queryable: p50 {statistics.median(lags):.2f} s, p95 {lags[int(len(lags) * 0.95)]:.2f} s "
            f"({counted(len(lags), 'time')} measured, under this load)"
        )


def _say_how_to_keep(port: int, data: Path | None) -> None:
    """Links would lead to a server that has ended."""
    click.echo("The server ends now. To open the board and to sign in as one of its people, run `lrs demo` without")
    click.echo("--once (and without CI in the environment): it prints the links, and serves until you press Ctrl-C.")
    if data is not None:
        serve = f"lrs serve --port {port} --data {shlex.quote(os.fspath(data))} --credential {KEY}:{SECRET}"
        click.echo(f"What was played is kept: {serve}")


def _show_links(links: list[SignInLink]) -> None:
    """Plainly, as a terminal that folds a link breaks it."""
    click.echo("Or sign in as one of these people; a link works once, on this machine:")
    for account in links:
        click.echo(f"  {account.role:<9} {account.name}: {account.sees}\n            {account.link}")
