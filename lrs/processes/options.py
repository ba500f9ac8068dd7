"""The options that commands and processes share: where the parts are, whose data, and what form answers take.

Each is also the variable PACER_NAME and the top-level key `name` of a configuration file (`lrs.cli.configuration`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lrs.attachments.setting import check_setting
from lrs.log.kafka_address import BadKafkaAddress, KafkaAddress
from lrs.processes.runtime import Runtime

SHARED: set[str] = set()  # the names of all options that `shared` made

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def shared(flag: str, *names: str, **how: Any) -> Decorator:
    """An option that means the same in every command that has it."""
    name = flag.removeprefix("--")
    SHARED.add(name)
    return click.option(flag, *names, envvar=f"PACER_{name.upper().replace('-', '_')}", **how)


class _Kafka(click.ParamType):
    name = "kafka"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> KafkaAddress:
        try:
            return value if isinstance(value, KafkaAddress) else KafkaAddress.parse(value)
        except BadKafkaAddress as error:
            self.fail(str(error), param, ctx)


def _attachments_option(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Where attachments are kept; refused here, with the option's name, rather than where it is first used."""
    try:
        check_setting(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param=parameter) from None
    return value


_KAFKA: dict[str, Any] = {
    "type": _Kafka(),
    "metavar": "HOST:PORT[,HOST:PORT…][/PREFIX]",
    "help": "Some brokers of the Kafka cluster that keeps the log, and a prefix for the names of topics and groups.",
}
data_option = shared(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data"),
    show_default=True,
    help="Folder of the embedded parts.",
)
kafka_option = shared("--kafka", **_KAFKA)
required_kafka_option = shared("--kafka", required=True, **_KAFKA)
clickhouse_option = shared(
    "--clickhouse",
    metavar="DSN",
    help="A ClickHouse server instead of the embedded engine: clickhouse://user:password@host:port/database.",
)
database_option = shared(
    "--database",
    metavar="URL",
    help="A database for credentials, documents and sessions: postgresql+pg8000://user:password@host:port/name.",
)
attachments_option = shared(
    "--attachments",
    callback=_attachments_option,
    metavar="s3://BUCKET/PREFIX",
    help="An object store for attachments (keys and endpoint are read from AWS_… variables), or a folder.",
)
tenant_option = shared("--tenant", default="default", show_default=True, help="Tenant whose data is meant.")
weekly_option = shared(
    "--fit-weekly", is_flag=True, help="Fit every tenant's weights each week, and keep them in the log with a report."
)
activate_option = shared(
    "--activate-better",
    is_flag=True,
    help="Activate a weekly fit's version if its log loss on enough held-out learners is not worse.",
)
json_option = shared("--json", "as_json", is_flag=True, help="Print JSON.")


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
        kafka: KafkaAddress | None,
        clickhouse: str | None,
        database: str | None,
        attachments: str | None,
        **more: Any,
    ) -> Any:
        return command(runtime=Runtime(data, kafka, clickhouse, database, attachments), **more)

    return with_runtime


def require_beside_kafka(runtime: Runtime, *parts: str) -> None:
    """Refuse a log in Kafka without these parts, fields of Runtime: an embedded one serves one machine alone.

    Raises click.UsageError.
    """
    missing = [f"--{part}" for part in parts if getattr(runtime, part) is None]
    if runtime.kafka and missing:
        raise click.UsageError(f"--kafka needs {' and '.join(missing)}: what is embedded serves one machine alone")
