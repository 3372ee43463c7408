"""`yishi members import`: who holds which role where, from an operator's CSV, through the front door like everything else."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.importing import Import, Kind, Line, RefusedRows, goes_on
from deploy.cli.instance import Instance, Token, Url
from deploy.csv_source import SourceError
from deploy.members_source import MemberRow, MemberRowError, from_csv
from deploy.starting import CannotStart

app = typer.Typer(no_args_is_help=True)

MEMBERS = Kind("Members", "MemberLineInput")


@app.callback()
def members() -> None:
    """Who holds which role where."""


@app.command("import")
@goes_on()
def imported(
    source: Annotated[
        Path,
        typer.Option(
            "--from-csv", help="UTF-8 with the columns member,node,role,since and, if wanted, until,deputy_for."
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    errors: Annotated[
        Path | None, typer.Option("--errors", help="A CSV for the rows that are refused: line, code, reason.")
    ] = None,
    url: Url = "",
    token: Token = "",
) -> None:
    """Give people their roles. Whoever else is at those nodes stays; a role that a person has there already gets the new term.

    The nodes must exist. Idempotent; broken off, it is simply run again. Exits with 1 when rows were refused. A dry run compares
    each row with what is there now."""
    refused = RefusedRows(errors)

    def refuse(error: MemberRowError) -> None:
        refused.add(error.line, error.reason.name, error.reason.value)

    try:
        rows = list(from_csv(source, refuse))
    except SourceError as error:
        raise CannotStart(str(error)) from None
    # By node, so that each is written once or twice; bearers before those who stand in for them.
    rows.sort(key=lambda row: (row.node, row.deputy_for is not None, row.line))
    Import(Instance(url, token), MEMBERS, refused, dry_run).all([_line(row) for row in rows])


def _line(row: MemberRow) -> Line:
    given = {
        "member": row.member,
        "node": row.node,
        "role": row.role.value,
        "since": row.since.isoformat(),
        "until": row.until.isoformat() if row.until else None,
        "deputyFor": row.deputy_for,
    }
    return Line(row.line, given)
