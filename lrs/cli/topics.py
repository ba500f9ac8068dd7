"""`lrs topics`: the topics of a Kafka cluster."""

from __future__ import annotations

from dataclasses import asdict

import click

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.extras import needs
from lrs.log import Unavailable
from lrs.log.kafka_address import KafkaAddress
from lrs.processes.options import json_option, required_kafka_option

with needs("kafka"):
    from lrs.log.kafka_topics import PARTITIONS, KafkaTopic, make_topics, show_topics


@click.group()
def topics() -> None:
    """Show or make the topics of a Kafka cluster."""


@topics.command()
@required_kafka_option
@json_option
def show(kafka: KafkaAddress, as_json: bool) -> None:
    """Show the topics, and where a setting is not as it should be (then the exit code is 1)."""
    try:
        kafka_topics = show_topics(kafka)
    except Unavailable as error:
        fail(f"{error}: is --kafka right, and a broker up?", exits.UNAVAILABLE)
    if as_json:
        print_json({"topics": [asdict(topic) for topic in kafka_topics]})
    else:
        for topic in kafka_topics:
            click.echo(_topic_line(topic))
    if any(topic.drift for topic in kafka_topics):
        raise SystemExit(exits.WRONG)


@topics.command()
@required_kafka_option
@click.option(
    "--partitions",
    type=click.IntRange(1, 10_000),
    default=None,
    help=f"Partitions of each keyed topic ({PARTITIONS} when it is made). One with fewer gets more; none loses any.",
)
@click.option(
    "--replication", type=click.IntRange(1, 10), default=1, show_default=True, help="Replicas of each new topic."
)
@json_option
def apply(kafka: KafkaAddress, partitions: int | None, replication: int, as_json: bool) -> None:
    """Create the topics that are missing; other settings of existing ones are shown, never changed."""
    try:
        done = make_topics(kafka, partitions, replication)
    except Unavailable as error:
        fail(f"{error}: see `lrs topics show`", exits.UNAVAILABLE)
    if as_json:
        print_json({"done": done})
        return
    for line in done or ["nothing to do"]:
        click.echo(line)


def _topic_line(topic: KafkaTopic) -> str:
    head = (
        f"{topic.name}: {counted(topic.partitions, 'partition')}, {counted(topic.replication, 'replica')}"
        if topic.partitions
        else topic.name
    )
    return "\n".join(
        [head, *(f"  {setting.setting} is {setting.found}, should be {setting.wanted}" for setting in topic.drift)]
    )
