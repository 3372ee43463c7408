"""How much is gathered before it is passed on. A batch costs more than what is in it, so where many matters are in hand a reader rests between
small batches; where a few are, however fast they go, nobody waits."""

from collections.abc import Iterable

WINDOW = 0.3
"""Seconds that are looked back on."""
FEW = 6
"""Different keys of that time that make no crowd: one person at work, and whatever follows from it."""
REST = 0.03
"""Seconds between two batches of a crowd."""
FULL = 100
"""Records of a batch that is worth its cost."""


class Pace:
    """Of one reader.

    await asyncio.sleep(pace.rest([record.key for record in batch], time.monotonic()))
    """

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        """Key → when it came last, in this order."""

    def rest(self, keys: Iterable[str], now: float) -> float:
        """Seconds to rest after a batch of records of these keys that was done at `now`, in seconds of any steady clock."""
        records = 0
        for key in keys:
            records += 1
            self._last.pop(key, None)
            self._last[key] = now
        while self._last and self._last[oldest := next(iter(self._last))] < now - WINDOW:
            del self._last[oldest]
        return REST if len(self._last) > FEW and records < FULL else 0.0
