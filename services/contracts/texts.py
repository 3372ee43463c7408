"""What a person may write: bounded, and refused with a word on what to do."""

import unicodedata

from services.contracts.refusals import Code, Refused
from services.contracts.wrong import Wrong, malformed

UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"})
"""Categories of characters that show nothing by themselves: controls, formats, spaces, marks upon another character."""
FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that are blank."""


def text(value: str, field: str, limit: int, *, required: bool = False) -> str:
    """A text within its limit of characters; empty if there is nothing in it to be seen. Raises Refused TEXT_TOO_LONG, TEXT_MISSING;
    MALFORMED for a NUL or a lone surrogate, which no database keeps."""
    if len(value) > limit:
        raise Refused(Code.TEXT_TOO_LONG, field=field, limit=limit)
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise malformed(field, Wrong.NOT_TEXT)
    if not any(_shows(character) for character in value):
        if required:
            raise Refused(Code.TEXT_MISSING, field=field)
        return ""
    return value


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in UNSEEN and character not in FILLERS
