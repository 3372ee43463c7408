"""Leases, on both databases: one owner at a time, by the machine's clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio

from services.chassis.clock import ManualClock
from services.chassis.lease import Lease
from services.chassis.room import Room
from tests.bus.rooms import toy_room
from tests.harness import START


@pytest_asyncio.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
async def room(request: pytest.FixtureRequest) -> AsyncIterator[Room]:
    """A toy service with leases: on SQLite, and on PostgreSQL in the full run."""
    server = request.getfixturevalue("postgres_server") if request.param == "kafka" else None
    async with toy_room(server) as made:
        yield made


async def test_the_owner_of_a_lease_renews_it_and_loses_it_by_time(room: Room) -> None:
    room.wall = cast(Any, clock := ManualClock(START))
    mine, yours = Lease(room, "work", seconds=10), Lease(room, "work", seconds=10)
    assert await mine.hold()
    assert not await yours.hold()
    clock.advance(timedelta(seconds=9))
    assert await mine.hold(), "renewed by use"
    clock.advance(timedelta(seconds=9))
    assert not await yours.hold()
    clock.advance(timedelta(seconds=1))
    assert await yours.hold(), "at its end it is free"
    assert not await mine.hold()
    await mine.release()
    assert not await mine.hold(), "what somebody else holds is not given back"
    await yours.release()
    assert await mine.hold()
    assert await Lease(room, "other work").hold(), "leases of other names are other leases"


async def test_it_is_renewed_in_its_second_half_alone(room: Room) -> None:
    """Until then nobody else can have it, so nobody asks the database."""
    room.wall = cast(Any, clock := ManualClock(START))
    mine, yours = Lease(room, "work", seconds=10), Lease(room, "work", seconds=10)
    assert await mine.hold()
    clock.advance(timedelta(seconds=4))
    assert await mine.hold()
    clock.advance(timedelta(seconds=6))
    assert await yours.hold(), "it was not renewed at four seconds"
    assert not await mine.hold()
    clock.advance(timedelta(seconds=6))
    assert await yours.hold()
    clock.advance(timedelta(seconds=6))
    assert not await mine.hold(), "it was renewed at six"
    await yours.release()
    assert await mine.hold()
    await mine.release()
    assert await yours.hold(), "what was given back is not kept in mind"


async def test_of_many_who_grasp_a_lease_one_gets_it(room: Room) -> None:
    for n in range(5):
        got = await asyncio.gather(*(Lease(room, f"work-{n}").hold() for _ in range(8)))
        assert sum(got) == 1


async def test_whole_seconds_compare_like_all_others(room: Room) -> None:
    """Leases are compared as text, and a whole second is written without a fraction."""
    room.wall = cast(Any, clock := ManualClock(START))
    mine, yours = Lease(room, "work", seconds=10), Lease(room, "work", seconds=10)
    await mine.hold()
    clock.advance(timedelta(seconds=9, microseconds=999_999))
    assert not await yours.hold()
    clock.advance(timedelta(microseconds=2))
    assert await yours.hold()
