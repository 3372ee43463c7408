"""Before a rebuilt model's inbox: what is let through, what waits, and that a batch which is refused again and again is no progress."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from gateway.readmodel.rebuild import STEP, Gate
from services.chassis.inbox import Inbox
from services.chassis.wire import Record


class Refusing:
    """An inbox that refuses some facts."""

    topics = ("topic",)

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.taken: list[str] = []

    async def receive(self, records: Sequence[Record]) -> None:
        if any(record.event_id in self.refused for record in records):
            raise ConnectionError
        self.taken += [record.event_id for record in records]


def batch(many: int) -> list[Record]:
    return [Record("topic", 0, n, "key", b"", {"ce_id": f"fact-{n}"}) for n in range(many)]


async def test_a_batch_that_is_refused_waits_nowhere_and_is_no_progress() -> None:
    inbox = Refusing()
    gate, records = Gate(cast(Inbox, cast(Any, inbox))), batch(STEP + 5)
    inbox.refused = {records[-1].event_id}
    await gate.open_for({records[-1].event_id})
    for _ in range(3):
        with pytest.raises(ConnectionError):
            await gate.receive(records)
        assert (gate.taken, gate.waiting) == (0, set())
    inbox.refused = set()
    await gate.receive(records)
    assert gate.waiting == {record.event_id for record in records[:-1]}
    await gate.open_for({record.event_id for record in records})
    assert inbox.taken == [records[-1].event_id, *(record.event_id for record in records[:-1])]
    assert gate.waiting == set()
