"""`yishi up` and `yishi up-distributed`."""

import sys

from services.chassis.settings import Settings


def up() -> None:
    """One process, no server needed: gateway, services, databases and bus in the data folder."""
    from deploy.embedded import run

    sys.exit(run(Settings()))


def up_distributed() -> None:
    """Apache Kafka, PostgreSQL, four services, the projector and the gateway, each a process of its own."""
    from deploy.distributed import run

    sys.exit(run(Settings()))
