"""New identifiers: ULIDs (48 bits of milliseconds, 80 random bits, Crockford base 32), so that ids sort by time."""

import secrets
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(at: datetime) -> str:
    """26 characters, not guessable, in order of time."""
    number = (int(at.timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def case_id(city: str, at: datetime) -> str:
    """A matter's id: the code of its city, then a ULID."""
    return f"{city}-{ulid(at)}"
