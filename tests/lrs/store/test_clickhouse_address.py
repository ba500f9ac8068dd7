"""A ClickHouse's DSN."""

from __future__ import annotations

import pytest

from lrs.store.clickhouse_address import BadClickHouseAddress, ClickHouseAddress


def test_one_server() -> None:
    address = ClickHouseAddress.parse("clickhouse://u:p@db.school.example:8123/pacer")
    assert address == ClickHouseAddress(
        "clickhouse://u:p@db.school.example:8123/pacer", secure=False, loopback=False, cluster=""
    )


def test_a_cluster_over_tls_with_arguments_of_the_client() -> None:
    address = ClickHouseAddress.parse("clickhouses://u:p@db/pacer?cluster=main&ca_cert=/etc/ca.pem")
    assert address.url == "clickhouse://u:p@db/pacer?ca_cert=%2Fetc%2Fca.pem"
    assert (address.secure, address.cluster) == (True, "main")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.0.1.1", True),
        ("[::1]", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("ch", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert ClickHouseAddress.parse(f"clickhouse://u:p@{host}:8123/pacer").loopback is loopback


@pytest.mark.parametrize("cluster", ["", "a b", "a'b", "a" * 101])
def test_not_the_name_of_a_cluster(cluster: str) -> None:
    with pytest.raises(BadClickHouseAddress, match="cluster"):
        ClickHouseAddress.parse(f"clickhouse://u:p@ch:8123/pacer?cluster={cluster}")


@pytest.mark.parametrize("dsn", ["pacer", "http://ch:8123", "clickhouse:///pacer", "clickhouse://u:secret@ch:99999/p"])
def test_not_a_dsn(dsn: str) -> None:
    with pytest.raises(BadClickHouseAddress, match="clickhouse://user") as error:
        ClickHouseAddress.parse(dsn)
    assert "secret" not in str(error.value)
