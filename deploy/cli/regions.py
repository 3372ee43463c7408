"""`yishi regions add|list`: an operator's own regions (domain 4.2), through the front door like everything else."""

import secrets
from typing import Annotated, Any

import typer

from deploy.cli.instance import Instance, RefusedThere, Token, Url

app = typer.Typer(no_args_is_help=True)

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


def _asked(instance: Instance, query: str, **variables: Any) -> dict[str, Any]:
    try:
        return instance.ask(query, **variables)
    except RefusedThere as refused:
        _refused(refused)
        raise AssertionError("unreachable") from None


def _refused(refused: RefusedThere) -> None:
    typer.echo(str(refused), err=True)
    raise typer.Exit(1)
