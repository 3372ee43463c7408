"""`yishi demo`: plays stories on a running Yishi and says whether everything held."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from deploy.demo.client import Front
    from deploy.demo.player import Played
    from deploy.demo.stories.base import Story

HELD, DID_NOT_HOLD, CANNOT_RUN = 0, 1, 2


def demo(
    story: Annotated[str, typer.Option("--story", help="The story to play, such as S00; by default all.")] = "",
    url: Annotated[
        str, typer.Option("--url", help="The gateway's address; by default the run that uses YISHI_DATA.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON line for each step, and one at the end.")
    ] = False,
) -> None:
    """Play stories with each person's own token; those that take days, on a system of their own whose clock is moved. Exits 0 if all held, 1 if not, 2 if it cannot be played."""
    from deploy.demo.client import CannotPlay
    from deploy.starting import CannotStart

    try:
        played = _play(_stories(story), _address(url), as_json=as_json)
    except (CannotPlay, CannotStart) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(CANNOT_RUN) from None
    raise typer.Exit(HELD if all(each.ok for each in played) else DID_NOT_HOLD)


def _stories(wanted: str) -> "Sequence[Story]":
    from deploy.demo.client import CannotPlay
    from deploy.demo.stories.shelf import stories

    found = [story for story in stories() if wanted.upper() in {"", story.id}]
    if not found:
        known = ", ".join(story.id for story in stories())
        raise CannotPlay(f"There is no story {wanted}; there are: {known}.")
    return found


def _address(url: str) -> str:
    from deploy.demo.client import CannotPlay
    from deploy.starting import running_at
    from services.chassis.settings import Settings

    data = Settings().data
    if found := url or running_at(data):
        return found
    raise CannotPlay(
        f"No Yishi runs on the data folder {data}: start it with `make up`, set YISHI_DATA to its folder, or give --url."
    )


def _play(stories: "Sequence[Story]", url: str, *, as_json: bool) -> "Sequence[Played]":
    import httpx
    from websockets.exceptions import WebSocketException

    from deploy.demo.client import CannotPlay

    try:
        return asyncio.run(_played(stories, url, as_json=as_json))
    except (httpx.TransportError, WebSocketException, OSError, TimeoutError) as error:
        raise CannotPlay(f"The run at {url} went away while the story was played ({type(error).__name__}).") from None


async def _played(stories: "Sequence[Story]", url: str, *, as_json: bool) -> "Sequence[Played]":
    from rich.console import Console

    from deploy.demo import report
    from deploy.demo.player import play

    console = Console()
    played: list[Played] = []
    async with AsyncExitStack() as fronts:
        given = await fronts.enter_async_context(_given(url))
        movable = given if given.clockwork else None
        for story in stories:
            if story.takes_time and movable is None:
                movable = await fronts.enter_async_context(_own())
            front = movable if story.takes_time and movable else given
            steps: list[Played] = []
            with console.status(f"{story.id} …") if not as_json and console.is_terminal else nullcontext():
                async for step in play(front, story):
                    steps.append(step)
                    if as_json:
                        print(report.json_line(step), flush=True)
            played += steps
            if not as_json:
                report.show(console, story, steps)
    print(report.summary_line(played) if as_json else f"\n{report.summary(played)}", flush=True)
    return played


@asynccontextmanager
async def _given(url: str) -> "AsyncIterator[Front]":
    """The run at an address; a test's, whose time comes from a file, may be moved."""
    from deploy.cli.token import issue
    from deploy.demo.client import Front
    from deploy.demo.clockworks import LIFETIME, FromFile
    from services.chassis.settings import Settings

    file = Settings().test_clock
    hours = LIFETIME / timedelta(hours=1) if file else 12
    front = Front(url, lambda name: issue(name, hours), FromFile(file) if file else None)
    try:
        yield front
    finally:
        await front.close()


def _own() -> "AbstractAsyncContextManager[Front]":
    from deploy.demo.clockworks import own_system

    return own_system()
