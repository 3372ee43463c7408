"""`yishi topics`: the declared table, how Kafka differs from it, and making Kafka as declared."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from deploy.starting import CannotStart
from services.chassis.settings import Settings

if TYPE_CHECKING:
    from deploy.topics import Change

app = typer.Typer(no_args_is_help=True)
Servers = Annotated[
    str,
    typer.Option("--kafka", help="Bootstrap servers; by default YISHI_KAFKA, else the broker of yishi up-distributed."),
]


@app.command("list")
def show() -> None:
    """Print the table that the code declares. Asks no broker."""
    from services.contracts.topics import TOPICS

    table = Table(Column("topic", no_wrap=True), "key", "partitions", "kept", "owner", "readers")
    for topic in TOPICS:
        readers = " ".join(sorted(topic.readers))
        name = topic.in_cell(Settings().cell)
        table.add_row(name, topic.key, str(topic.partitions), topic.retention, topic.owner, readers)
    Console().print(table)


@app.command()
def diff(kafka: Servers = "") -> None:
    """Say how Kafka differs from the table; exit 1 if it does."""
    from deploy import topics

    found = _ask(topics.diff(_servers(kafka), Settings().cell))
    _print(found, "Kafka is as declared.")
    raise typer.Exit(1 if found else 0)


@app.command()
def apply(kafka: Servers = "") -> None:
    """Create what is missing and set what differs. Never adds partitions or deletes: what is left for you exits 1."""
    from deploy import topics

    found = _ask(topics.apply(_servers(kafka), Settings().cell))
    _print(found, "Kafka was as declared already.")
    raise typer.Exit(1 if topics.unmended(found) else 0)


def _servers(given: str) -> str:
    settings = Settings()
    return given or settings.kafka or f"127.0.0.1:{settings.kafka_port}"


def _ask(work: Coroutine[Any, Any, "list[Change]"]) -> "list[Change]":
    from deploy.topics import KafkaAway

    try:
        return asyncio.run(work)
    except KafkaAway as error:
        raise CannotStart(str(error)) from None


def _print(changes: "Sequence[Change]", otherwise: str) -> None:
    if not changes:
        typer.echo(otherwise)
        return
    table = Table(Column("topic", no_wrap=True), "difference", "found", "declared", "mended")
    for change in changes:
        table.add_row(change.topic, change.difference, change.found, change.wanted, "✓" if change.done else "")
    Console().print(table)
