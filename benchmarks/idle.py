"""What `lrs serve` costs when nothing happens: `python -m benchmarks.idle [--seconds 60]`.

CPU time of every process, in percent of one core, and their sum: in the first minute after the start, in which much is
done once, and over the seconds after it. Then what an event costs in latency when it comes after a long silence.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import click

from benchmarks import cpu
from tests.support.server import Server, serving
from tests.support.statements import answered

START_SECONDS = 60.0  # until whatever is done once has been done: modules are imported, each kind of look is had
SILENCE_SECONDS = 5.0  # before each event whose latency is measured


@click.command()
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True)
@click.option("--events", type=click.IntRange(1), default=10, show_default=True, help="Events after a silence.")
def main(seconds: float, events: int) -> None:
    with tempfile.TemporaryDirectory(prefix="pacer-idle-") as folder, serving(Path(folder)) as server:
        time.sleep(5)
        show("the first minute", used(server, START_SECONDS))
        show("from then on", used(server, seconds))
        lags = [lag(server, n) for n in range(events)]
    click.echo(f"event → queryable after {SILENCE_SECONDS:.0f} s of silence: p50 {statistics.median(lags):.3f} s")
    click.echo(f"the slowest of {events}: {max(lags):.3f} s")


def used(server: Server, seconds: float) -> dict[str, float]:
    """By process, percent of a core over so many seconds; "serve" is all of them together."""
    assert server.process is not None
    processes = {"serve": server.process.pid, **server.children()}
    before = {name: cpu.seconds(pid) for name, pid in processes.items()}
    time.sleep(seconds)
    return {name: 100 * (cpu.seconds(pid) - before[name]) / seconds for name, pid in processes.items()}


def show(period: str, percents: dict[str, float]) -> None:
    """A line for every process, for the parent, and for all."""
    children = {name: percent for name, percent in percents.items() if name != "serve"}
    click.echo(f"{period}, in percent of a core:")
    for name, percent in {**children, "serve itself": percents["serve"] - sum(children.values())}.items():
        click.echo(f"  {name:28} {percent:5.2f}")
    click.echo(f"  {'all':28} {percents['serve']:5.2f}")


def lag(server: Server, n: int) -> float:
    """Seconds from an acknowledged event to a board that knows of it."""
    time.sleep(SILENCE_SECONDS)
    with server.client() as client:
        client.post("/xAPI/statements", json=answered(f"idle{n}")).raise_for_status()
        started = time.monotonic()
        while client.get("/ready").json()["freshness"]["behind"]:
            time.sleep(0.005)
        return time.monotonic() - started


if __name__ == "__main__":
    main()
