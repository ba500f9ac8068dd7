"""Grafana's dashboard: every question of it, asked of the real tables by the login that may only read."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lrs.store.client import Store
from lrs.store.dsn import dsn
from tests.processors.runtime.test_way import Way
from tests.support.compose import INFRA, services
from tests.support.engine import running
from tests.support.engine_process import reader as login
from tests.support.statements import answered

PROVISIONED = INFRA / "grafana/provisioning"
DASHBOARD: dict[str, Any] = json.loads((INFRA / "grafana/dashboards/pacer.json").read_text("utf-8"))
TENANT = "dash'board"  # a name that has to be quoted
VARIABLES = {
    "${tenant:sqlstring}": "'dash''board'",
    "${__from:date:YYYY-MM-DD}": "2026-03-01",
    "${__to:date:YYYY-MM-DD}": "2026-03-31",
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A school's tables, asked by the read-only login."""
    folder = tmp_path_factory.mktemp("grafana")
    with running(folder / "data") as store:
        way = Way(store, folder / "log", TENANT)
        for n in range(60):
            at = f"2026-03-0{1 + n % 5}T09:{n:02}:00Z"
            statement = answered(f"learner{n % 6}", f"item{n % 3}", n % 3 > 0, timestamp=at, id_=str(uuid.uuid4()))
            way.append([statement], time=1_772_960_000_000_000 + n)
        way.finish()
        way.log.close()
        yield Store(dsn(folder / "data", None, login(folder / "data", TENANT)))


def filled(sql: str) -> str:
    for variable, value in VARIABLES.items():
        sql = sql.replace(variable, value)
    assert "$" not in sql, sql
    return sql


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
def test_a_panel_has_an_answer(reader: Store, panel: dict[str, Any]) -> None:
    [target] = panel["targets"]
    rows = reader.rows(filled(target["rawSql"]), {})
    assert rows
    assert all(value is not None for row in rows for value in row.values())
    if panel["type"] == "timeseries":
        assert next(iter(rows[0])) == "time"
        assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    if panel["type"] == "stat":
        assert [len(row) for row in rows] == [1]


def test_what_the_panels_say_is_right(reader: Store) -> None:
    """60 answers of 6 learners, 20 to each of 3 items, of which one is always wrong."""
    found = {p["title"]: reader.tuples(filled(p["targets"][0]["rawSql"]), {}) for p in DASHBOARD["panels"]}
    assert found["Learners seen"] == [(6,)]
    assert found["Answers judged"] == [(60,)]
    assert found["Right, of those"] == [(40 / 60,)]
    assert [row[1] for row in found["Learners by day"]] == [6] * 5
    assert found["Items most often wrong"][0][1:] == (20, 0.0)
    assert sum(row[1] for row in found["Statements stored, by hour"]) == 60
    assert found["Mastery by skill"][0][1] == 6


def test_the_variable_lists_tenants(reader: Store) -> None:
    [variable] = DASHBOARD["templating"]["list"]
    assert reader.tuples(variable["query"], {}) == [(TENANT,)]


def test_provisioned() -> None:
    source = yaml.safe_load((PROVISIONED / "datasources/clickhouse.yaml").read_text("utf-8"))["datasources"][0]
    grafana = services()["grafana"]
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {source["uid"]}
    assert source["type"] == grafana["environment"]["GF_PLUGINS_PREINSTALL"].split("@")[0]
    assert source["jsonData"]["host"] in services()
    assert services()["sql-login"]["command"][1:3] == ["add", source["jsonData"]["username"]]
    assert set(re.findall(r"\$(\w+)", source["secureJsonData"]["password"])) <= set(grafana["environment"])
    folder = yaml.safe_load((PROVISIONED / "dashboards/pacer.yaml").read_text("utf-8"))["providers"][0]
    mounted = dict(volume.split(":")[1::-1] for volume in grafana["volumes"] if volume.startswith("."))
    assert (INFRA / mounted[folder["options"]["path"]] / "pacer.json").exists()
    assert Path(mounted["/etc/grafana/provisioning"]) == Path("grafana/provisioning")
