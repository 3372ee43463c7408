"""What counts as something written: characters that show nothing are none."""

import pytest

from services.contracts.refusals import Code, Refused
from services.contracts.texts import text

NOTHING = [
    "",
    " \u3000\n",
    "\u200b",
    "\ufeff\u2060",
    "\u202e\u00ad",
    "\x07\x1b",
    "\u3164\u2800",
    "\ufe0f\u0301",
    "\U000e0041",
]
SOMETHING = ["修好了", "。", "7", "👩\u200d👧", "❤\ufe0f", "\u200b好", "\ue001", "é"]


@pytest.mark.parametrize("written", NOTHING)
def test_what_shows_nothing_is_empty(written: str) -> None:
    with pytest.raises(Refused) as caught:
        text(written, "narrative", 100, required=True)
    assert caught.value.code is Code.TEXT_MISSING
    assert text(written, "place", 100) == ""


@pytest.mark.parametrize("written", SOMETHING)
def test_what_shows_anything_stays_as_it_was_written(written: str) -> None:
    assert text(written, "narrative", 100, required=True) == written
