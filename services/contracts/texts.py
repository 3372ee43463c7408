"""What a person may write: bounded, and refused with a word on what to do."""

from services.contracts.refusals import Code, Refused
from services.contracts.wrong import Wrong, malformed


def text(value: str, field: str, limit: int, *, required: bool = False) -> str:
    """A text within its limit of characters. Raises Refused TEXT_TOO_LONG, TEXT_MISSING; MALFORMED for a NUL or a lone surrogate,
    which no database keeps."""
    if required and not value.strip():
        raise Refused(Code.TEXT_MISSING, field=field)
    if len(value) > limit:
        raise Refused(Code.TEXT_TOO_LONG, field=field, limit=limit)
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise malformed(field, Wrong.NOT_TEXT)
    return value
