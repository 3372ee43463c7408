"""`yishi token --as <role name>`."""

import difflib
from datetime import timedelta
from typing import Annotated

import typer

from deploy.demo import roster
from deploy.starting import CannotStart, clock_of
from services.chassis.identity import Issuer
from services.chassis.settings import Settings


def token(
    as_: Annotated[str, typer.Option("--as", help="A role name of the demonstration roster.")],
    hours: Annotated[float, typer.Option(help="How long it holds, at most 24.", min=0.01, max=24)] = 12,
) -> None:
    """Print a token of the demonstration issuer, and nothing else."""
    typer.echo(issue(as_, hours))


def issue(name: str, hours: float = 12) -> str:
    """A token for a role name. Raises CannotStart."""
    settings = Settings()
    if settings.kafka and not settings.demo_issuer:
        raise CannotStart(
            "A distributed run issues demonstration tokens only with YISHI_DEMO_ISSUER=1; use your identity provider's."
        )
    try:
        caller = roster.caller(name)
    except KeyError:
        near = difflib.get_close_matches(name, roster.names(), n=3, cutoff=0.4)
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        raise CannotStart(f"No role is called {name}: {meant}The roster has {', '.join(roster.names())}.") from None
    if not (settings.keys / f"{roster.ISSUER}.pem").exists():
        raise CannotStart(
            f"The demonstration's issuer has no key in {settings.keys}: start Yishi first (make up; a distributed run has it with "
            "YISHI_DEMO_ISSUER=1), or give a token of your identity provider's (YISHI_TOKEN)."
        )
    issuer = Issuer.kept_in(settings.keys, roster.ISSUER, settings.audience)
    return issuer.token(caller, clock_of(settings).now(), timedelta(hours=hours))
