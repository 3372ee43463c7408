"""`yishi readmodel rebuild`: build the read model again from the topics, compare it with the live one, put it in its place."""

import asyncio
import os
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.instance import Instance, RefusedThere, Token, Url
from deploy.starting import (
    OTHERS,
    CannotStart,
    check_distributed,
    data_folder,
    no_database,
    one_process_at,
    refuse_other_cell,
    running_at,
)
from services.chassis.settings import Settings

if TYPE_CHECKING:
    from gateway.readmodel.comparison import Comparison

app = typer.Typer(no_args_is_help=True)
NICE = 10
"""How far a rebuild stands back (nice(2)): what it takes longer harms nobody."""


@app.callback()
def readmodel() -> None:
    """The gateway's read model."""


@app.command()
def rebuild(
    check_only: Annotated[bool, typer.Option("--check-only", help="Compare, and leave the live one as it is.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Put it in place even though the two differ.")] = False,
    url: Url = "",
    token: Token = "",
) -> None:
    """Rebuild the read model beside the live one and compare every row. Exits with 0 when they agree, 1 when they differ.

    In this process, beside those that run, which go first; with --url by the instance there, for whom the token is. So, too, where this
    process is not told of a distributed run's servers (YISHI_KAFKA, YISHI_POSTGRES)."""
    from gateway.readmodel.rebuild import CannotRebuild

    settings = Settings()
    try:
        untold = not (settings.kafka or settings.postgres)
        if url or (untold and running_at(settings.data) and not one_process_at(settings.data)):
            body = {"checkOnly": check_only, "force": force}
            found = Instance(url, token).post("/readmodel/rebuild", body, seconds=None)
        else:
            found = _here(settings, check_only=check_only, force=force)
    except RefusedThere as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(2) from None
    except CannotRebuild as error:
        raise CannotStart(str(error)) from None
    _print(found)
    raise typer.Exit(0 if found["agrees"] else 1)


def _here(settings: Settings, *, check_only: bool, force: bool) -> dict[str, Any]:
    from deploy.embedded import TROUBLE, why
    from deploy.migrate import SchemaUnknown
    from services.escalation.limits_file import LimitsFileError

    refuse_other_cell(settings)
    distributed = bool(settings.kafka or settings.postgres)
    if distributed:
        check_distributed(settings)
    os.umask(OTHERS)
    os.nice(NICE)
    try:
        work = _beside_processes if distributed else _beside_run if one_process_at(settings.data) else _alone
        return as_json(asyncio.run(work(settings, check_only=check_only, force=force)))
    except (*TROUBLE, ValueError) as error:  # ValueError: what is given for PostgreSQL is no address
        here = not distributed or isinstance(error, SchemaUnknown | LimitsFileError)
        raise CannotStart(why(error, settings) if here else no_database(settings, "gateway", error)) from None


async def _beside_processes(settings: Settings, *, check_only: bool, force: bool) -> "Comparison":
    from deploy.migrate import check
    from deploy.wiring import Wiring
    from services.chassis.bus.kafka import KafkaBus

    wiring = Wiring(settings, KafkaBus(settings.kafka, "rebuild"), timers=False)
    try:
        await check("gateway", wiring.service("gateway").room.database.url)
        wiring.calling()
        return await wiring.rebuild(check_only=check_only, force=force)
    finally:
        await wiring.close()


async def _beside_run(settings: Settings, *, check_only: bool, force: bool) -> "Comparison":
    """On the files of a run of one process. What it asks services for, it asks their code over their files."""
    from deploy.migrate import check
    from deploy.wiring import EVERYTHING, SERVICES, Wiring
    from services.chassis.bus.embedded import EmbeddedBus

    bus = EmbeddedBus()
    wiring = Wiring(settings, bus, timers=False)
    try:
        for name in EVERYTHING:
            await check(name, wiring.service(name).room.database.url)
        wiring.calling({name: wiring.parts[name].runtime.app for name in SERVICES})
        async with bus.shared():
            return await wiring.rebuild(check_only=check_only, force=force)
    finally:
        await wiring.close()


async def _alone(settings: Settings, *, check_only: bool, force: bool) -> "Comparison":
    from deploy.wiring import whole_system
    from services.chassis.bus.embedded import EmbeddedBus

    with data_folder(settings):
        async with whole_system(settings, EmbeddedBus(), timers=False) as system:
            return await system.wiring.rebuild(check_only=check_only, force=force)


def as_json(comparison: "Comparison") -> dict[str, Any]:
    """As the running instance answers."""
    return {**comparison.model_dump(mode="json"), "agrees": comparison.agrees}


def _print(found: dict[str, Any]) -> None:
    table = Table("table", "live rows", "rebuilt rows", "live hash", "rebuilt hash", "differing rows")
    for line in found["tables"]:
        hashes = (line["liveHash"][:12], line["rebuiltHash"][:12])
        table.add_row(line["table"], str(line["liveRows"]), str(line["rebuiltRows"]), *hashes, str(line["differing"]))
    Console().print(table)
    typer.echo(f"{found['facts']} facts; {'the two agree' if found['agrees'] else 'THE TWO DIFFER'}.")
    remarks = {
        "missed": "are on the topics and missing in the live model, which neither applied nor holds them",
        "held": "are held as dead letters (yishi dead-letters list)",
        "givenUp": "were dropped by an operator, or can no longer be applied",
        "offTopic": "were told by older states on a compacted topic and are told no more",
    }
    for name, remark in remarks.items():
        if found[name]:
            typer.echo(f"{found[name]} facts {remark}.")
    typer.echo("The rebuilt model is the live one now." if found["swapped"] else "The live model was left as it is.")
