"""Memory that attachments take on their way through `lrs serve`: `python -m benchmarks.attachments [--objects]`.

100 statements with 10 attachments, of 1 MB and of 20 MB each. With --objects they go to moto's S3 on this machine.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from lrs.cli.answering import print_json
from tests.support.attachments import batch, fetched, peak, sent
from tests.support.objects import BUCKET, known
from tests.support.server import serving

MB = 1 << 20


@click.command()
@click.option("--objects", is_flag=True, help="Into an object store instead of a folder.")
def main(objects: bool) -> None:
    """Send, fetch, and say how far the API's peak of memory (VmHWM) rose above what a small batch needs."""
    options = ("--attachments", f"s3://{BUCKET}/lrs") if objects else ()
    found: list[dict[str, Any]] = []
    with (
        known() if objects else nullcontext(),
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), options) as server,
        server.client(timeout=300) as client,
    ):
        assert sent(client, *batch("warm", 100, 10, 1000)).status_code == 200
        fetched(client, "warm")
        for size in (MB, 20 * MB):
            statements, data = batch(f"learner-{size}", 100, 10, size, seed=size)
            pid = server.children()["lrs.processes.api"]
            before, started = peak(pid), time.perf_counter()
            assert sent(client, statements, data).status_code == 200
            stored, between = peak(pid), time.perf_counter()
            assert fetched(client, f"learner-{size}")[1] == data
            found.append(
                {
                    "attachments_mb": 10 * size // MB,
                    "in_s": round(between - started, 2),
                    "out_s": round(time.perf_counter() - between, 2),
                    "peak_mb_before": round(before / MB, 1),
                    "grown_mb_in": round((stored - before) / MB, 1),
                    "grown_mb_in_all": round((peak(pid) - before) / MB, 1),
                }
            )
    print_json(found)


if __name__ == "__main__":
    main()
