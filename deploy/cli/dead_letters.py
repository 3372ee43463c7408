"""`yishi dead-letters list|show|retry|drop`: records that are held, of every service and of the gateway's projector."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from deploy.cli.instance import Instance, RefusedThere, Token, Url

app = typer.Typer(no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="Service and number, as `list` shows them: intake/12.")]


@app.command("list")
def listed(url: Url = "", token: Token = "") -> None:
    """List what is held, with the reason. Exits with 1 when a service could not be asked."""
    instance, unheard = Instance(url, token), 0
    table = Table(
        Column("id", no_wrap=True, min_width=len("deliberation/999"))
    )  # what the other commands ask for, whole
    for name in ("held since", "reason", "error", "event", "topic", "key", "tries"):
        table.add_column(name, overflow="fold")
    for service in _services():
        try:
            letters = instance.get(_path(service))
        except RefusedThere as refused:
            unheard += 1
            typer.echo(f"{service}: {refused}", err=True)
            continue
        for letter in letters:
            names = ("heldAt", "reason", "error", "eventType", "topic", "key", "attempts")
            table.add_row(f"{service}/{letter['id']}", *(str(letter[name]) for name in names))
    if table.row_count:
        Console().print(table)
    elif not unheard:
        typer.echo("Nothing is held.")
    raise typer.Exit(1 if unheard else 0)


@app.command()
def show(letter: Id, url: Url = "", token: Token = "") -> None:
    """Show one: where it came from, its headers, why it is held. Never its content, which may be anything."""
    service, number = _parsed(letter)
    found = _asked(lambda: Instance(url, token).get(_path(service), id=str(number)))
    headers = found.pop("headers")
    for name, value in found.items():
        typer.echo(f"{name:12} {value}")
    for name, value in headers.items():
        typer.echo(f"header       {name}: {value}")


@app.command()
def retry(
    letter: Annotated[str, typer.Argument(help="One of them: all held records of its key are re-driven.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every key of every service.")] = False,
    url: Url = "",
    token: Token = "",
) -> None:
    """Re-drive held records, in order, until one of a key fails again; exit 1 if any of them are still held, or a service could not be
    asked."""
    if bool(letter) == everything:
        raise typer.BadParameter("give one id, or --all")
    instance, left = Instance(url, token), 0
    for service, number in [(name, None) for name in _services()] if everything else [_parsed(letter)]:
        try:
            done = instance.post(_path(service), {"do": "retry"} | ({} if number is None else {"id": number}))
        except RefusedThere as refused:
            left += 1
            typer.echo(f"{service}: {refused}", err=True)
            continue
        typer.echo(f"{service}: {done['through']} went through, {done['held']} still held")
        left += done["held"]
    raise typer.Exit(1 if left else 0)


@app.command()
def drop(
    letter: Id,
    yes: Annotated[bool, typer.Option("--yes", help="The fact in it will never have its effect here. Sure.")] = False,
    url: Url = "",
    token: Token = "",
) -> None:
    """Give one up for good, and re-drive those that wait behind it."""
    service, number = _parsed(letter)
    if not yes:
        typer.echo(
            f"The fact in {letter} will never have its effect in {service}. If that is right, say --yes.", err=True
        )
        raise typer.Exit(2)
    body = {"do": "drop", "id": number}
    done = _asked(lambda: Instance(url, token).post(_path(service), body))
    typer.echo(f"{letter} is dropped; {done['through']} behind it went through")


def _path(service: str) -> str:
    return f"/operations/{service}/dead-letters"


def _services() -> tuple[str, ...]:
    """Whose consumers hold records."""
    from deploy.wiring import EVERYTHING

    return tuple(EVERYTHING)


def _parsed(letter: str) -> tuple[str, int]:
    service, _, number = letter.partition("/")
    if service not in _services() or not (number.isascii() and number.isdigit()):
        raise typer.BadParameter(
            f"an id is a service and a number, as in intake/12; services: {', '.join(_services())}"
        )
    return service, int(number)


def _asked(ask: Any) -> Any:
    try:
        return ask()
    except RefusedThere as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None
