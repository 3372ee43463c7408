"""Identifiers. All are opaque; those of a matter begin with the code of its city, so that a cell split renames nothing."""

from typing import Annotated

from pydantic import StringConstraints

CaseId = Annotated[str, StringConstraints(pattern=r"^21[0-9]{2}-[0-9A-HJKMNP-TV-Z]{26}$")]
"""`<city code>-<ULID>`, as in `2103-01JD2Z7Y3W8V5T4S3R2Q1P0N9M`."""

MemberId = Annotated[str, StringConstraints(pattern=r"^m_[0-9a-z-]{4,40}$")]
"""A person, opaque: who she is stands in intake's roster alone."""

NodeId = Annotated[str, StringConstraints(pattern=r"^n_[0-9a-z-]{2,60}$")]
"""A federation, council, group or department; not its region code, which may change (domain 1.2)."""

AttachmentId = Annotated[str, StringConstraints(pattern=r"^a_[0-9A-Z]{26}$")]
ContentId = Annotated[str, StringConstraints(pattern=r"^t_[0-9A-Z]{26}$")]

IdempotencyKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{8,128}$")]
"""The caller's own name for one intention: 8 to 128 visible ASCII characters, kept 7 days."""


def city_of(case_id: str) -> str:
    """The code of the city whose cell keeps this matter."""
    return case_id[:4]
