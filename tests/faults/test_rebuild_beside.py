"""The read model built again by another process, beside a run of one process that people work with: compared, swapped, broken off."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from deploy.demo import roster
from deploy.wiring import database_of
from services.chassis.identity import Issuer
from services.chassis.settings import Settings
from tests.faults.audit import Audit
from tests.faults.conftest import copy_of
from tests.faults.load import Load
from tests.faults.processes import Running, free_port

SECONDS = 240
"""A generous bound: alone on two cores it takes about half a minute."""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


async def test_rebuilt_beside_a_run_under_load(seeded: Path, tmp_path: Path) -> None:
    data, port = copy_of(seeded, tmp_path / "data"), free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings(data=data)
    load = Load(url, Issuer.kept_in(settings.keys, roster.ISSUER, settings.audience), seed=20261127, workers=4)
    environment = {"YISHI_DATA": str(data), "YISHI_PORT": str(port), "YISHI_TESTING": "1", "YISHI_LOG_LEVEL": "WARNING"}
    run = Running(["up"], environment, tmp_path / "output")
    asked = iter(range(100))

    def rebuild(*options: str) -> Running:
        return Running(["readmodel", "rebuild", *options], environment, tmp_path / f"rebuild-{next(asked)}")

    async def done(process: Running) -> str:
        assert await process.ended(60) == 0, process.said()
        assert "the two agree" in process.said()
        return process.said()

    working: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(SECONDS):
            assert await run.ready(url), run.said()
            working = asyncio.create_task(load.run())
            for options in (["--check-only"], []):
                before = sum(len(story.done) for story in load.stories)
                said = await done(rebuild(*options))
                assert sum(len(story.done) for story in load.stories) > before, "or nobody was at work"
                assert ("is the live one now" in said) == (not options)

            first, second = rebuild("--check-only"), rebuild("--check-only")
            codes = sorted([await first.ended(60), await second.ended(60)])
            assert codes == [0, 1], first.said() + second.said()
            assert "is being rebuilt by another process" in first.said() + second.said()

            broken = rebuild()
            async with asyncio.timeout(30):
                while not (data / "gateway.next.sqlite").exists():
                    await asyncio.sleep(0.01)
            broken.kill()
            assert await broken.ended() == -9
            load.enough()
            await working
            await Audit(partial(database_of, settings), load.stories).until_heard()
            await load.until_fresh()
            await done(rebuild())
            assert not list(data.glob("gateway.next.sqlite*"))
            assert {file.stat().st_mode & 0o777 for file in data.glob("*.sqlite*")} == {0o600}
        assert await run.stopped() == 0, run.said()
    finally:
        if working is not None:
            working.cancel()
        await load.close()
        run.kill()
    audit = Audit(partial(database_of, settings), load.stories)
    problems = await audit.run()
    assert not problems, "\n".join(problems)
    assert len(load.stories) >= 10
