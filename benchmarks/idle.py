"""What `lrs serve` costs when nothing happens: `python -m benchmarks.idle [--seconds 60]`.

CPU time of every process over the seconds, in percent of one core, and their sum, and what an event costs in latency
when it comes after a long silence.
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

SILENCE_SECONDS = 5.0  # before each event whose latency is measured


@click.command()
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True)
@click.option("--events", type=click.IntRange(1), default=10, show_default=True, help="Events after a silence.")
def main(seconds: float, events: int) -> None:
    with tempfile.TemporaryDirectory(prefix="pacer-idle-") as folder, serving(Path(folder)) as server:
        time.sleep(5)  # what a start leaves behind
        assert server.process is not None
        processes = {"serve": server.process.pid, **server.children()}
        before = {name: cpu.seconds(pid) for name, pid in processes.items()}
        time.sleep(seconds)
        used = {name: 100 * (cpu.seconds(pid) - before[name]) / seconds for name, pid in processes.items()}
        total = used.pop("serve")  # with its children
        for name, percent in used.items():
            click.echo(f"{name:30} {percent:5.2f} % of a core")
        click.echo(f"{'serve itself':30} {total - sum(used.values()):5.2f} %")
        click.echo(f"{'all':30} {total:5.2f} %")
        lags = [lag(server, n) for n in range(events)]
    click.echo(f"event → queryable after {SILENCE_SECONDS:.0f} s of silence: p50 {statistics.median(lags):.3f} s")
    click.echo(f"the slowest of {events}: {max(lags):.3f} s")


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
