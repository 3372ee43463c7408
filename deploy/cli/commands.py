"""What the `yishi` command can do."""

import sys
from typing import NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console

from deploy.cli import dead_letters, demo, doctor, members, readmodel, regions, schema, token, topics, up
from services.chassis.settings import Settings, sentence_of

app = typer.Typer(
    name="yishi",
    help="Yishi (议事): an open platform for grassroots deliberation.",
    no_args_is_help=True,
    add_completion=False,
)
app.command("up")(up.up)
app.command("up-distributed")(up.up_distributed)
app.command("token")(token.token)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("schema")(schema.schema)
app.add_typer(topics.app, name="topics", help="The table of topics, and Kafka's.")
app.add_typer(dead_letters.app, name="dead-letters", help="Records that are held.")
app.add_typer(readmodel.app, name="readmodel", help="The gateway's read model.")
app.add_typer(regions.app, name="regions", help="Regions: an operator's own, and whole lists.")
app.add_typer(members.app, name="members", help="Who holds which role where.")


def run() -> None:
    """As the words of the command line say: errors of ours are one sentence, without a traceback."""
    from deploy.starting import CannotStart

    try:
        app()
    except CannotStart as error:
        _give_up(str(error))
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        _give_up(sentence_of(error))


def _give_up(sentence: str) -> NoReturn:
    Console(stderr=True).print(sentence, style="red", highlight=False, markup=False, soft_wrap=True)
    sys.exit(1)
