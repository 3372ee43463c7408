"""Callers give up at any await: the gateway's timeout, a closed socket, a shutdown. What they leave behind must hold up nobody."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from services.chassis.room import Room
from tests.bus.rooms import tell, toy_room


@pytest_asyncio.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
async def room(request: pytest.FixtureRequest) -> AsyncIterator[Room]:
    """A toy service that is written to: on SQLite, and on PostgreSQL in the full run."""
    server = request.getfixturevalue("postgres_server") if request.param == "kafka" else None
    async with toy_room(server) as made:
        yield made


async def unsent(room: Room) -> int:
    return (await room.unsent())[0]


@pytest.fixture
def _garbage_stays() -> Iterator[None]:
    """No luck from the garbage collector."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_garbage_stays")
async def test_who_is_cancelled_leaves_no_lock_behind(room: Room) -> None:
    """SQLite has one writer: a connection that is closed with its transaction open would keep everybody else out."""
    done = 0
    kept: list[object] = []
    for number in range(60):
        task = asyncio.create_task(tell(room, ["a"]))
        await asyncio.sleep(0.0003 * (number % 30))  # to cancel it at another place each time
        task.cancel()
        kept += await asyncio.gather(
            task, return_exceptions=True
        )  # as a log or a group of errors keeps what it was given
        done += not task.cancelled()
        async with asyncio.timeout(8):
            await tell(room, ["b"])
            async with room.database.read() as connection:
                await connection.execute(room.service.chassis.outbox.select().limit(1))
    assert await unsent(room) >= 60 + done


async def test_who_is_cancelled_as_it_commits_still_wakes_the_relay(room: Room) -> None:
    """A caller may give up at any await. If the commit went through, somebody must be told that there is something to send."""
    rung = 0

    def ring() -> None:
        nonlocal rung
        rung += 1

    room.on_commit = ring
    for steps in range(60):
        rung = 0
        before = await unsent(room)
        task = asyncio.create_task(tell(room, ["a"]))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert rung >= await unsent(room) - before
    await tell(room, ["a"])
