"""The whole province and a hundred thousand members, once, on the embedded system: a synthetic province of the real one's shape."""

import csv
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.wiring import whole_system
from services.chassis.bus.embedded import EmbeddedBus
from services.chassis.bus.log import Chaos
from services.chassis.clock import ManualClock
from services.chassis.identity import Issuer
from services.chassis.settings import Settings
from services.contracts.organisation import Node
from tests.conftest import SEED, TEST_ISSUER
from tests.deploy.serving import Yishi, serving
from tests.harness import START, Harness

CITIES, COUNTIES, TOWNSHIPS, VILLAGES = 14, 100, 1_406, 16_727
"""Counted in the real list (domain 4.1)."""
GROUPS, MEMBERS = 400, 100_000

pytestmark = pytest.mark.timeout(300)


@pytest_asyncio.fixture(scope="module")
async def province() -> AsyncIterator[tuple[Harness, Yishi]]:
    """A system of its own: eighteen thousand regions are no place for other tests."""
    with tempfile.TemporaryDirectory(prefix="yishi-province-") as folder:
        settings = Settings(data=Path(folder), testing=True)
        clock = ManualClock(START)
        issuer = Issuer.kept_in(settings.keys, TEST_ISSUER, settings.audience)
        async with whole_system(settings, EmbeddedBus(chaos=Chaos(SEED)), clock=clock, timers=False) as system:
            harness = Harness("embedded", system, clock, issuer)
            async with serving(harness) as yishi:
                yield harness, yishi
            await harness.http.aclose()


def codes() -> list[str]:
    """A province, as evenly spread as it goes: every code of a level below one of the level above."""
    cities = [f"21{number:02d}" for number in range(1, CITIES + 1)]
    counties = [f"{cities[number % CITIES]}{1 + number // CITIES:02d}" for number in range(COUNTIES)]
    townships = [f"{counties[number % COUNTIES]}{1 + number // COUNTIES:03d}" for number in range(TOWNSHIPS)]
    villages = [f"{townships[number % TOWNSHIPS]}{1 + number // TOWNSHIPS:03d}" for number in range(VILLAGES)]
    return ["21", *cities, *counties, *townships, *villages]


def written(path: Path, rows: Sequence[tuple[str, ...]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return str(path)


async def test_all_regions_of_the_province(province: tuple[Harness, Yishi], tmp_path: Path) -> None:
    system, yishi = province
    rows = [("code", "name"), *((code, f"区划{code}") for code in codes())]
    assert len(rows) == 1 + 18_248
    source = written(tmp_path / "province.csv", rows)
    begun, used = time.monotonic(), time.process_time()
    done = await yishi("regions", "import", "--from-csv", source)
    assert done.exit_code == 0, done.output
    assert "18248 new, 0 changed, 0 same, 0 refused" in done.output
    imported = time.monotonic()
    await system.settle(120)
    print(
        f"18,248 regions: {imported - begun:.1f} s, in every reader after {time.monotonic() - begun:.1f} s; {time.process_time() - used:.1f} s of CPU"
    )
    for reader, table in (("gateway", "region_view"), ("notify", "known"), ("escalation", "known")):
        [counted] = await system.rows(reader, f"SELECT count(*) AS n FROM {table}")
        assert counted.n == 18_248, reader

    rows[-1] = (rows[-1][0], "改名村")
    again = await yishi("regions", "import", "--from-csv", written(tmp_path / "again.csv", rows))
    assert "0 new, 1 changed, 18247 same, 0 refused" in again.output
    await system.settle()
    await system.no_dead_letters()


async def test_a_hundred_thousand_members(province: tuple[Harness, Yishi], tmp_path: Path) -> None:
    """In an order that no group keeps together: the importer sees to that."""
    system, yishi = province
    villages = codes()[-VILLAGES:][:GROUPS]
    needed = sorted({"21", *(village[:width] for village in villages for width in (4, 6, 9, 12))})
    await system.operate("ImportRegions", {"regions": [{"code": code, "name": f"区划{code}"} for code in needed[:500]]})
    for start in range(500, len(needed), 500):
        lines = [{"code": code, "name": f"区划{code}"} for code in needed[start : start + 500]]
        await system.operate("ImportRegions", {"regions": lines})
    groups = [f"n_g-{village}" for village in villages]
    for group, village in zip(groups, villages, strict=True):
        await system.operate("PutNode", {"node": {"id": group, "kind": "GROUP", "region": village, "name": "群"}})
    rows = [("member", "node", "role", "since")]
    rows += [(f"m_{number:06d}", groups[number % GROUPS], "RESIDENT", "2026-01-01") for number in range(MEMBERS)]
    source = written(tmp_path / "members.csv", rows)
    begun, used = time.monotonic(), time.process_time()
    done = await yishi("members", "import", "--from-csv", source)
    assert done.exit_code == 0, done.output
    assert "100000 new, 0 changed, 0 same, 0 refused" in done.output
    imported = time.monotonic()
    await system.settle(120)
    print(
        f"100,000 members: {imported - begun:.1f} s, in every reader after {time.monotonic() - begun:.1f} s; {time.process_time() - used:.1f} s of CPU"
    )
    states = await system.rows("gateway", "SELECT state FROM node_view WHERE id LIKE 'n_g-%'")
    held = [member.member for row in states for member in Node.model_validate_json(row.state).members]
    assert len(set(held)) == len(held) == MEMBERS
    [facts] = await system.rows("intake", "SELECT count(*) AS n FROM outbox WHERE topic = '21.intake.roster.v1'")
    assert facts.n <= GROUPS * 3, "a node is told once when it is made, and once or twice with its members"
    again = await yishi("members", "import", "--from-csv", written(tmp_path / "again.csv", rows[:5_001]))
    assert "0 new, 0 changed, 5000 same, 0 refused" in again.output
    await system.no_dead_letters()
