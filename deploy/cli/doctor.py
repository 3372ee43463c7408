"""`yishi doctor`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.doctor import checks, programs
from services.chassis.settings import Settings


def doctor(
    need_distributed: Annotated[
        bool, typer.Option("--need-distributed", help="Print only which programs are missing; exit 1 if any is.")
    ] = False,
) -> None:
    """Say what this machine lacks for a distributed run, and how to get it."""
    if need_distributed:
        missing = [check for check in programs() if not check.ok]
        for check in missing:
            typer.echo(f"{check.name} is missing: {check.found}. {check.how_to_get_it}", err=True)
        raise typer.Exit(1 if missing else 0)
    from deploy.distributed import ports_of

    settings = Settings()
    found = checks(data=settings.data, ports=ports_of(settings))
    table = Table("", "what", "found", "how to get it")
    for check in found:
        table.add_row("✓" if check.ok else "✗", check.name, check.found, "" if check.ok else check.how_to_get_it)
    Console().print(table)
    raise typer.Exit(0 if all(check.ok for check in found) else 1)
