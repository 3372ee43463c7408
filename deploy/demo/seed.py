"""The first run: the region fixture and the demonstration roster, through the same commands that anyone else would use."""

from pathlib import Path

from deploy.demo import roster
from deploy.regions_source import from_csv
from services.chassis.calls import Calls
from services.contracts.callers import Caller

REGIONS = Path(__file__).parent.parent / "fixtures" / "regions.csv"


async def seed(calls: Calls, token: str) -> int:
    """Load them; returns how many commands it took. Idempotent: broken off, it is simply run again."""
    rows = [{"code": row.code, "name": row.name} for row in from_csv(REGIONS)]
    command: dict[str, object] = {"idempotencyKey": "seed-regions", "regions": rows}
    await calls.command("intake", "ImportRegions", command, {}, token)
    done = 1
    for node in roster.nodes():
        command = {"idempotencyKey": f"seed-{node.id}", "node": node.model_dump(mode="json", exclude_none=True)}
        await calls.command("intake", "PutNode", command, {}, token)
        done += 1
    return done


def operator() -> Caller:
    """Who seeds."""
    return roster.caller("operator")
