"""What `pip install pacer-lrs` gives without extras: all of one machine, with the same bytes; the rest is named."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from lrs.cli.reference import leaves
from lrs.extras import MODULES
from tests.support.server import serving
from tests.support.statements import answered
from tests.support.without import without_extras

ROOT = Path(__file__).parents[2]
FITTING = ("bkt", "pfa", "rivals", "calibrate", "fit", "heads", "predict", "tabulate")
EDGES = {  # modules that need an extra, which only its edge imports
    "kafka": (
        "lrs.log.kafka",
        "lrs.cli.topics",
        "lrs.cli.worker",
        "processors.runtime.worker",
        "lrs.backup.restore_topics",
        "lrs.backup.kafka_restorer",
    ),
    "s3": ("lrs.attachments.objects", "lrs.backup.objects", "lrs.processes.stamp_bucket"),
    "plan": ("lrs.timetabling.improve",),
    "fit": ("lrs.evaluation.", *(f"processors.mastery.{name}" for name in FITTING)),
}
NO_EDGES = {"lrs.log.kafka_address", "lrs.evaluation.assistments"}
DIGEST = """
import hashlib
import orjson
from processors.folds.registry import all_folds
from lrs.simulator.school import SimulatedSchool
from lrs.simulator.statements import deliveries
from tests.support.rows import expected

school = SimulatedSchool.build(5, 2, 8, 3)
statements = [orjson.loads(s) for delivery in deliveries(school) for s in delivery.statements]
made = hashlib.sha256()
for fold in all_folds():
    rows = expected(fold, "t", statements)
    assert rows
    made.update(repr((fold.name, sorted(rows.items()))).encode())
print(made.hexdigest())
"""


def run(environment: dict[str, str] | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=200, cwd=ROOT
    )


def modules() -> list[str]:
    paths = [path for package in ("schemas", "processors", "lrs") for path in (ROOT / package).rglob("*.py")]
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)


def test_everything_but_the_edges_can_be_imported(tmp_path: Path) -> None:
    edges = tuple(edge for named in EDGES.values() for edge in named)
    inner = [name for name in modules() if name in NO_EDGES or not name.startswith(edges)]
    done = run(without_extras(tmp_path), "-c", "\n".join(f"import {name}" for name in inner))
    assert done.returncode == 0, done.stderr[-2000:]


WITHOUT = [
    ("kafka", ["topics", "show", "--kafka", "127.0.0.1:1"]),
    ("kafka", ["worker", "admit", "--kafka", "127.0.0.1:1", "--clickhouse", "clickhouse://h/d", "--database", "x"]),
    ("kafka", ["serve", "--kafka", "127.0.0.1:1", "--clickhouse", "clickhouse://h/d", "--database", "x"]),
    ("kafka", ["doctor", "--kafka", "127.0.0.1:1"]),
    ("kafka", ["credentials", "list", "--database", "postgresql+pg8000://u:secret@127.0.0.1:1/d"]),
    ("s3", ["serve", "--attachments", "s3://bucket/prefix"]),
    ("s3", ["restore", "s3://bucket/prefix"]),
    ("fit", ["evaluate", "mastery", "--data", "."]),
    ("fit", ["evaluate", "intervals", "--data", "."]),
    ("fit", ["evaluate", "forgetting", "--data", "pyproject.toml"]),
    ("fit", ["evaluate", "decisions", "--seeds", "1"]),
    ("fit", ["evaluate", "next", "--schools", "1"]),
    ("fit", ["evaluate", "fairness"]),
    ("fit", ["fit", "mastery"]),
    ("fit", ["fit", "weekly"]),
    ("fit", ["serve", "--fit-weekly"]),
]


@pytest.mark.parametrize(("extra", "arguments"), WITHOUT, ids=[" ".join(arguments[:2]) for _, arguments in WITHOUT])
def test_a_part_that_is_missing_is_named(extra: str, arguments: list[str], tmp_path: Path) -> None:
    done = run(without_extras(tmp_path), "-m", "lrs.cli.main", *arguments)
    assert done.returncode == 2
    assert f"pip install 'pacer-lrs[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_every_command_that_evaluates_or_fits_is_asked_for_without_its_extra() -> None:
    named = {" ".join(arguments[:2]) for extra, arguments in WITHOUT if extra == "fit"}
    assert named >= {name for name, _ in leaves() if name.split()[0] in ("evaluate", "fit")}


def test_it_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in without_extras(tmp_path).items():
        monkeypatch.setenv(name, value)
    with serving(tmp_path / "data") as server, server.client() as client:
        sent = answered("base")
        assert client.post("/xAPI/statements", json=sent).status_code == 200
        found = client.get("/xAPI/statements", params={"statementId": sent["id"]})
        assert found.json()["id"] == sent["id"]
        server.wait()
        assert httpx.get(f"{server.base}/live").status_code == 200


def test_the_folds_give_the_same_bytes(tmp_path: Path) -> None:
    without, with_all = run(without_extras(tmp_path), "-c", DIGEST), run(None, "-c", DIGEST)
    assert without.returncode == with_all.returncode == 0, without.stderr[-2000:]
    assert without.stdout == with_all.stdout != ""


def test_the_extras_are_those_of_the_package() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(MODULES) == set(declared) - {"dev"}
