"""Keyset pages as Relay connections. A cursor is opaque and names a place, not a count, so pages hold still while rows come and go."""

import base64
import binascii
import json

import strawberry

from services.contracts.wrong import Wrong, malformed

DEFAULT_PAGE = 20
MAX_PAGE = 100


@strawberry.type(description="分页信息（Relay）。Where a page stands (Relay).")
class PageInfo:
    """Relay's PageInfo, forward only."""

    has_next_page: bool = strawberry.field(description="后面还有。Whether there is more behind this page.")
    end_cursor: str | None = strawberry.field(description="下一页用作 after。Pass this as `after` for the next page.")


def size(first: int) -> int:
    """How many to read: one more than asked for tells whether there is more. Raises Refused MALFORMED."""
    if not 1 <= first <= MAX_PAGE:
        raise malformed("first", Wrong.OUT_OF_RANGE, least=1, most=MAX_PAGE)
    return first + 1


def cursor(*place: str) -> str:
    """A place as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def place(text: str | None, parts: int) -> tuple[str, ...] | None:
    """And back. Raises Refused MALFORMED for anything that is no cursor of ours."""
    if text is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) != parts or not all(_ours(part) for part in found):
        raise malformed("after", Wrong.NO_CURSOR)
    return tuple(found)


def _ours(part: object) -> bool:
    """Short visible ASCII: what cursors are made of, and no NUL or lone surrogate that a database would choke on."""
    return isinstance(part, str) and len(part) <= 64 and part.isascii() and part.isprintable()
