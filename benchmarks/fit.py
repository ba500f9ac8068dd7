"""What `lrs fit mastery` takes: reading a tenant's answers from the embedded engine, and fitting to them.

`python -m benchmarks.fit` makes answers of simulated learners (200 each, on 5,000 items of 200 skills, two hours apart)
and prints seconds by the clock and of CPU, of this process and the engine together.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.cpu import seconds
from lrs.evaluation.history import read_history
from lrs.evaluation.tenant_fit import fit_own
from lrs.store.client import Store
from processors.mastery.weights import default_weights
from schemas.catalog import Catalog
from tests.support.engine import running

EACH, ITEMS, SKILLS = 200, 5000, 200
# Chances differ by learner and by item; hashes stand in for chance.
_MAKE = f"""
INSERT INTO observations (tenant, person, learner, time, statement, kind, verb, item, skills, outcome)
SELECT 'fit', concat('p', toString(who)), concat('p', toString(who)), number % {EACH} * 7200000000,
  toString(generateUUIDv4()), 'attempt', 'answered', concat('https://school.example/items/', toString(item)),
  [concat('https://school.example/skills/', toString(item % {SKILLS}))],
  toFloat64(cityHash64(number, 1) % 1000 < 150 + cityHash64(who, 2) % 400 + cityHash64(item, 3) % 400)
FROM (
  SELECT number, intDiv(number, {EACH}) AS who, cityHash64(number) % {ITEMS} AS item
  FROM numbers({{start}}, {{count}})
)
"""


def measured(store: Store) -> dict[str, dict[str, float]]:
    """Seconds of each step."""
    found: dict[str, dict[str, float]] = {}

    def step(name: str, what: Callable[[], Any]) -> Any:
        clock, cpu = time.perf_counter(), seconds(os.getpid())
        result = what()
        spent = {"clock": time.perf_counter() - clock, "cpu": seconds(os.getpid()) - cpu}
        found[name] = {unit: round(value, 1) for unit, value in spent.items()}
        return result

    answers = step("read", lambda: read_history(store, "fit", Catalog().people))
    step("fit", lambda: fit_own(answers, default_weights(), "own"))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=1_000_000)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as store:
        for start in range(0, asked.answers, 100_000):
            store.command(_MAKE.format(start=start, count=min(100_000, asked.answers - start)))
        print(json.dumps({"answers": asked.answers} | measured(store)))


if __name__ == "__main__":
    main()
