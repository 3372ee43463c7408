"""`yishi up` and `yishi up-distributed`."""

import os
import sys

import typer

from services.chassis.settings import Settings, misspelt


def up() -> None:
    """One process, no server needed: gateway, services, databases and bus in the data folder."""
    from deploy.embedded import run

    _warn()
    sys.exit(run(Settings()))


def up_distributed() -> None:
    """Apache Kafka, PostgreSQL, four services, the projector and the gateway, each a process of its own."""
    from deploy.distributed import run

    _warn()
    sys.exit(run(Settings()))


def _warn() -> None:
    """Of what somebody set and nobody reads."""
    for sentence in misspelt(os.environ):
        typer.echo(sentence, err=True)
