"""Where a ClickHouse is: what its DSN says."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from lrs.store.cluster import BadCluster, check_cluster_name

_SCHEMES = {"clickhouse": False, "clickhouses": True}


class BadClickHouseAddress(ValueError):
    """Not a ClickHouse's DSN. The message holds no password."""


@dataclass(frozen=True, slots=True)
class ClickHouseAddress:
    """A DSN, `clickhouse[s]://user:password@host:port/database[?cluster=NAME]`, taken apart.

    Args:
        url: the DSN for clickhouse-connect, whose own arguments may follow the `?`.
        secure: over TLS (`clickhouses`).
        loopback: on this machine, where compressing costs more than sending.
        cluster: the name of a cluster in the server's configuration; empty for one server.
    """

    url: str
    secure: bool
    loopback: bool
    cluster: str

    @classmethod
    def parse(cls, dsn: str) -> ClickHouseAddress:
        """A DSN taken apart. Raises BadClickHouseAddress."""
        try:
            parts = urlsplit(dsn)
            arguments = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
            valid = parts.scheme in _SCHEMES and parts.hostname and parts.port != 0
        except ValueError:
            valid = False
        if not valid:
            raise BadClickHouseAddress(
                "not clickhouse://user:password@host:port/database[?cluster=NAME], or clickhouses:// for TLS"
            )
        try:
            cluster = check_cluster_name(arguments.pop("cluster")) if "cluster" in arguments else ""
        except BadCluster as error:
            raise BadClickHouseAddress(str(error)) from error
        url = parts._replace(scheme="clickhouse", query=urlencode(arguments)).geturl()
        return cls(url, _SCHEMES[parts.scheme], _is_loopback(parts.hostname or ""), cluster)


def in_database(dsn: str, database: str) -> str:
    """A DSN with another database."""
    return urlsplit(dsn)._replace(path=f"/{database}").geturl()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
