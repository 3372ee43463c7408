"""The embedded system killed under load, at the moments between two writes and at any other: nothing lost, nothing twice."""

import asyncio
import random
from functools import partial
from pathlib import Path

import pytest

from deploy.demo import roster
from deploy.wiring import database_of
from services.chassis.crash import Point
from services.chassis.identity import Issuer
from services.chassis.settings import Settings
from tests.faults.audit import Audit
from tests.faults.conftest import copy_of
from tests.faults.load import Load
from tests.faults.processes import Running, free_port, hits_in

SEED = 20261123
HITS = 5
POINTS = (Point.BEFORE_COMMIT, Point.AFTER_COMMIT, Point.BEFORE_OFFSETS)
PROBABILITY = 0.04
RANDOM_KILLS = 5
SECONDS = 300
"""A generous bound: alone on two cores it takes about half a minute."""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]


async def test_killed_under_load(seeded: Path, tmp_path: Path) -> None:
    data, dice = copy_of(seeded, tmp_path / "data"), random.Random(SEED)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings(data=data)
    load = Load(url, Issuer.kept_in(settings.keys, roster.ISSUER, settings.audience), SEED)
    environment = {"YISHI_DATA": str(data), "YISHI_PORT": str(port), "YISHI_TESTING": "1", "YISHI_LOG_LEVEL": "WARNING"}
    killed, starts = 0, 0

    def start(crash: str = "") -> Running:
        return Running(["up"], {**environment, "YISHI_CRASH": crash}, tmp_path / "output")

    async def kill_again_and_again() -> None:
        nonlocal killed, starts
        while wanted := [point for point in POINTS if hits_in(data)[point] < HITS]:
            starts += 1
            seed = dice.randrange(1_000_000)
            process = start(",".join(f"{point.value}:{PROBABILITY}:{seed}" for point in wanted))
            assert await process.ended(60) == -9, process.said()
        for _ in range(RANDOM_KILLS):
            starts += 1
            process = start()
            assert await process.ready(url), process.said()
            await asyncio.sleep(dice.uniform(0, 0.5))
            process.kill()
            assert await process.ended() == -9, process.said()
            killed += 1

    working = asyncio.create_task(load.run())
    last: Running | None = None
    try:
        async with asyncio.timeout(SECONDS):
            await kill_again_and_again()
            last = start()
            load.enough()
            await working
            await Audit(partial(database_of, settings), load.stories).until_heard()
            await load.until_fresh()
        assert await last.stopped() == 0, last.said()
    except (TimeoutError, AssertionError):
        if working.done():
            await working  # the reason, if it failed
        raise
    finally:
        working.cancel()
        await load.close()
        if last is not None:
            last.kill()
    audit = Audit(partial(database_of, settings), load.stories)
    problems = await audit.run()
    about = (
        f"seed {SEED}; hits {dict(hits_in(data))}, {killed} random kills, {starts} starts; {len(load.stories)} cases, "
        f"{len(audit.facts)} facts; sent again because of {dict(load.retries)}"
    )
    print(about)
    assert not problems, f"{about}\n" + "\n".join(problems)
    assert all(hits_in(data)[point] >= HITS for point in POINTS), about
    assert killed == RANDOM_KILLS, about
    assert len(load.stories) >= 10, about
