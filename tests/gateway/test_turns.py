"""Projections take turns: the projector's batch and what callers' own commands told meet on the same rows, and no two wait for each other."""

import asyncio

from services.chassis.ids import ulid
from services.chassis.inbox import Inbox
from services.chassis.wire import Record, headers_of, value_of
from services.contracts import topics
from services.contracts.events.notify import InboxEntryAdded, InboxState
from tests.harness import Harness, Place

ROUNDS = 8


def told(system: Harness, address: str, version: int) -> Record:
    """A fact of notify that only this test knows of."""
    now = system.clock.now()
    event = InboxEntryAdded(at=now, inbox=InboxState(address=address, version=version), entry_id=f"e_{ulid(now)}")
    headers = headers_of(event, ulid(now), system.system.wiring.settings.cell, "")
    return Record(topics.NOTIFY_INBOX.in_cell("21"), -1, version, event.key, value_of(event), headers)


async def test_two_batches_over_the_same_keys_the_other_way_round(system: Harness, place: Place) -> None:
    """On PostgreSQL each had one key's row and waited for the other's, or for the feed, until one was killed after a second."""
    room = system.room("gateway")
    one, other = Inbox(room), Inbox(room)
    for version in range(1, 2 * ROUNDS, 2):
        await asyncio.gather(
            one.receive([told(system, f"m_turn-{name}", version) for name in "abcdef"]),
            other.receive([told(system, f"m_turn-{name}", version + 1) for name in "fedcba"]),
        )
    rows = await system.rows("gateway", "SELECT key, version FROM known WHERE key LIKE 'm_turn-%'")
    assert {(row.key, row.version) for row in rows} == {(f"m_turn-{name}", 2 * ROUNDS) for name in "abcdef"}
