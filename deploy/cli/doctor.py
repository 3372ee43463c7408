"""`yishi doctor`."""

import typer
from rich.console import Console
from rich.table import Table

from deploy.doctor import checks
from services.chassis.settings import Settings


def doctor() -> None:
    """Say what this machine lacks for a distributed run, and how to get it."""
    found = checks(data=Settings().data)
    table = Table("", "what", "found", "how to get it")
    for check in found:
        table.add_row("✓" if check.ok else "✗", check.name, check.found, "" if check.ok else check.how_to_get_it)
    Console().print(table)
    raise typer.Exit(0 if all(check.ok for check in found) else 1)
