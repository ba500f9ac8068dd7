"""Which runtime: everything in a data folder on this machine, or Kafka, a ClickHouse server and PostgreSQL."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from lrs.attachments.address import check
from lrs.log import Log
from lrs.log.kafka_address import Address, BadAddress
from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store
from lrs.store.dsn import dsn

CATALOG_SECONDS = 0.5  # how old a look at a catalog in Kafka may be


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where the parts are; what is None is embedded, in the folder `data`.

    clickhouse is a DSN, database an SQLAlchemy URL, attachments s3://BUCKET/PREFIX or a folder.
    """

    data: Path
    kafka: Address | None = None
    clickhouse: str | None = None
    database: str | None = None
    attachments: str | None = None

    @property
    def catalog_seconds(self) -> float:
        """How old a look at the catalog may be."""
        return CATALOG_SECONDS if self.kafka else 0.0

    def log(self) -> Log:
        """The log. Raises Unavailable when its folder cannot be used; a Kafka is connected to when it is used."""
        if self.kafka is None:
            return SqliteLog(self.data / "log")
        from lrs.log.kafka import KafkaLog  # here, as importing Kafka's client takes a while

        return KafkaLog(self.kafka)

    def store(self) -> Store:
        """ClickHouse."""
        return Store(dsn(self.data, self.clickhouse))

    def environment(self) -> dict[str, str]:
        """What tells a child process of it: passwords do not stand in a command line, which anybody may see."""
        said = {
            "DATA": os.fspath(self.data),
            "KAFKA": self.kafka,
            "CLICKHOUSE": self.clickhouse,
            "DATABASE": self.database,
            "ATTACHMENTS": self.attachments,
        }
        return {f"PACER_{name}": str(value) for name, value in said.items() if value is not None}


class _Kafka(click.ParamType):
    name = "kafka"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return value if isinstance(value, Address) else Address.parse(value)
        except BadAddress as error:
            self.fail(str(error), param, ctx)


data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data"),
    show_default=True,
    envvar="PACER_DATA",
    help="Folder of what is embedded.",
)
_KAFKA: dict[str, Any] = {
    "type": _Kafka(),
    "envvar": "PACER_KAFKA",
    "metavar": "HOST:PORT[,HOST:PORT…][/PREFIX]",
    "help": "Some brokers of the Kafka cluster that keeps the log, and a prefix of the topics' names.",
}
kafka_option = click.option("--kafka", **_KAFKA)
required_kafka_option = click.option("--kafka", required=True, **_KAFKA)
clickhouse_option = click.option(
    "--clickhouse",
    envvar="PACER_CLICKHOUSE",
    metavar="DSN",
    help="A ClickHouse instead of the embedded engine: clickhouse://user:password@host:port/database.",
)
database_option = click.option(
    "--database",
    envvar="PACER_DATABASE",
    metavar="URL",
    help="A database for credentials, documents and sessions: postgresql+pg8000://user:password@host:port/name.",
)


def _attachments(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The place of attachments, refused here with its option's name rather than where it is first used."""
    try:
        check(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param=parameter) from None
    return value


attachments_option = click.option(
    "--attachments",
    envvar="PACER_ATTACHMENTS",
    callback=_attachments,
    metavar="s3://BUCKET/PREFIX",
    help="An object store for attachments (its keys and endpoint come from AWS_… variables), or a folder.",
)


def runtime_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which runtime; the command gets it as `runtime`."""

    @data_option
    @kafka_option
    @clickhouse_option
    @database_option
    @attachments_option
    @functools.wraps(command)
    def with_runtime(
        data: Path,
        kafka: Address | None,
        clickhouse: str | None,
        database: str | None,
        attachments: str | None,
        **more: Any,
    ) -> Any:
        return command(runtime=Runtime(data, kafka, clickhouse, database, attachments), **more)

    return with_runtime
