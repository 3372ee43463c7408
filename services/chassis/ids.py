"""New identifiers: ULIDs (48 bits of milliseconds, 80 random bits, Crockford base 32), so that ids sort by time; within a
millisecond, by the order in which one process made them."""

import secrets
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_STEP_BITS = 24


class _Series:
    """The last id of this process. Steps are random, so that the next id cannot be told from the last."""

    def __init__(self) -> None:
        self._last = 0

    def after(self, milliseconds: int) -> int:
        fresh = (milliseconds << 80) | secrets.randbits(80)
        if self._last >> 80 == milliseconds:
            fresh = self._last + 1 + secrets.randbits(_STEP_BITS)
        self._last = fresh
        return fresh


_series: dict[str, _Series] = {}


def ulid(at: datetime, series: str = "") -> str:
    """26 characters, not guessable, in order of time."""
    number = _series.setdefault(series, _Series()).after(int(at.timestamp() * 1000))
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def case_id(city: str, at: datetime) -> str:
    """A matter's id: the code of its city, then a ULID."""
    return f"{city}-{ulid(at, 'case')}"
