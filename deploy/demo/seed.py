"""The first run: the region fixture and the demonstration roster, through the same commands that anyone else would use."""

import asyncio
import hashlib
from pathlib import Path

from deploy.demo import roster
from deploy.regions_source import from_csv
from services.chassis.calls import Calls
from services.contracts.callers import Caller
from services.contracts.organisation import Node

REGIONS = Path(__file__).parent.parent / "fixtures" / "regions.csv"


PROVINCE = "21"


def edition() -> str:
    """Which regions and roster these are: a data folder that was loaded with others is loaded again."""
    return hashlib.sha256(REGIONS.read_bytes() + roster.FILE.read_bytes()).hexdigest()[:12]


async def seed(calls: Calls, token: str, cell: str = PROVINCE) -> int:
    """Load those of a cell; returns how many commands it took. Idempotent: broken off, it is simply run again."""
    key = f"seed-{edition()}"
    rows = [{"code": row.code, "name": row.name} for row in from_csv(REGIONS) if row.code.startswith(cell)]
    command: dict[str, object] = {"idempotencyKey": f"{key}-regions", "regions": rows}
    await calls.command("intake", "ImportRegions", command, {}, token)
    nodes = [node for node in roster.nodes() if node.region.startswith(cell)]

    async def put(node: Node) -> None:
        command = {"idempotencyKey": f"{key}-{node.id}", "node": node.model_dump(mode="json", exclude_none=True)}
        await calls.command("intake", "PutNode", command, {}, token)

    await asyncio.gather(*(put(node) for node in nodes))
    return 1 + len(nodes)


def operator() -> Caller:
    """Who seeds."""
    return roster.caller("operator")
