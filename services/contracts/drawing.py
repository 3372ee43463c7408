"""Lots: who is drawn for a sample, by keyed hash of a matter's id. Nobody can tell beforehand, and whoever draws again draws the same."""

import hashlib
import hmac

DIGITS = 16


def lot(secret: bytes, what: str, case_id: str) -> str:
    """A matter's lot in a draw, from 0 to 2**64, as hexadecimal digits that compare as the numbers do. `what` names the draw: being drawn
    in one says nothing of another."""
    return hmac.new(secret, f"{what} {case_id}".encode(), hashlib.sha256).hexdigest()[:DIGITS]


def is_drawn(its_lot: str, share: float) -> bool:
    """Whether a lot is among the lowest, of which there are a share (0.2: one of five)."""
    return int(its_lot, 16) < share * 2**64


def first_not_drawn(share: float) -> str:
    """The lowest lot that is not drawn, of a share below 1: for who compares lots where they are kept."""
    return f"{int(share * 2**64):0{DIGITS}x}"
