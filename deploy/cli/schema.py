"""`yishi schema`: the generated documents that are committed files."""

from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).parents[2]


def documents() -> dict[Path, str]:
    """Every generated document and its text."""
    from deploy.documents import generated
    from gateway.schema import sdl

    return {ROOT / "gateway" / "schema.graphql": sdl(), **{ROOT / name: text for name, text in generated().items()}}


def schema(
    write: Annotated[bool, typer.Option("--write", help="Write all generated documents to their files.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Compare them with their files; exit 1 if any differs.")
    ] = False,
) -> None:
    """Print the GraphQL schema; or write or check it with the AsyncAPI document, the event schemas and the settings page."""
    if write:
        for file, text in documents().items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    elif check:
        stale = [f for f, text in documents().items() if not f.exists() or f.read_text(encoding="utf-8") != text]
        for file in stale:
            typer.echo(f"{file.relative_to(ROOT)} is not what the code says: run `yishi schema --write`", err=True)
        raise typer.Exit(1 if stale else 0)
    else:
        from gateway.schema import sdl

        typer.echo(sdl())
