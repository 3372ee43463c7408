"""Identifiers. All are opaque; those of a matter begin with the code of its city, so that a cell split renames nothing."""

from typing import Annotated

from pydantic import StringConstraints, TypeAdapter, ValidationError


def _id(pattern: str) -> StringConstraints:
    """An id to the letter: one with a space about it is another text, however a caller's words are trimmed."""
    return StringConstraints(pattern=pattern, strip_whitespace=False)


CaseId = Annotated[str, _id(r"^21[0-9]{2}-[0-9A-HJKMNP-TV-Z]{26}$")]
"""`<city code>-<ULID>`, as in `2103-01JD2Z7Y3W8V5T4S3R2Q1P0N9M`."""

MemberId = Annotated[str, _id(r"^m_[0-9a-z-]{4,40}$")]
"""A person, opaque: who she is stands in intake's roster alone."""

NodeId = Annotated[str, _id(r"^n_[0-9a-z-]{2,60}$")]
"""A federation, council, group or department; not its region code, which may change (domain 1.2)."""

AttachmentId = Annotated[str, _id(r"^a_[0-9A-Z]{26}$")]
ContentId = Annotated[str, _id(r"^t_[0-9A-Z]{26}$")]

CaseNumber = Annotated[str, StringConstraints(pattern=r"^(21-21[0-9]{2}-[0-9]{8}-[0-9]{6,9})?$")]
"""The number that people quote, as in `21-2103-20261124-000001`; empty of a sealed matter."""

OrderId = Annotated[str, _id(r"^o_21[0-9]{2}-[0-9A-HJKMNP-TV-Z]{26}$")]
"""A department work order: `o_<city code>-<ULID>`."""

ExternalRef = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]
"""A department's own name for one of its actions: 1 to 64 visible ASCII characters. Never told to anybody else."""

SessionId = Annotated[str, _id(r"^s_[0-9A-HJKMNP-TV-Z]{26}$")]
ResolutionId = Annotated[str, _id(r"^r_[0-9A-HJKMNP-TV-Z]{26}$")]
ItemId = Annotated[str, _id(r"^i_[0-9A-HJKMNP-TV-Z]{26}$")]
"""Within the docket of one matter."""

EntryId = Annotated[str, _id(r"^e_[0-9A-Z]{26}$")]
"""An entry of an inbox."""

Address = Annotated[str, _id(r"^(m_[0-9a-z-]{4,40}|n_[0-9a-z-]{2,60})$")]
"""Whose inbox: a member's, or a group's board."""

WorkerTag = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
"""A keyed tag of who did the work on a matter."""

ProfileName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
"""The name of a profile of time limits."""

IdempotencyKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{8,128}$")]
"""The caller's own name for one intention: 8 to 128 visible ASCII characters, kept 7 days."""


def city_of(case_id: str) -> str:
    """The code of the city whose cell keeps this matter."""
    return case_id[:4]


_CASE: TypeAdapter[str] = TypeAdapter(CaseId)
_NODE: TypeAdapter[str] = TypeAdapter(NodeId)
_ORDER: TypeAdapter[str] = TypeAdapter(OrderId)


def is_case_id(text: str) -> bool:
    """Whether a text can be the id of a matter at all: only then is a database asked for it."""
    return _is(_CASE, text)


def is_node_id(text: str) -> bool:
    """Whether a text can be the id of an organisation node at all."""
    return _is(_NODE, text)


def is_order_id(text: str) -> bool:
    """Whether a text can be the id of a work order at all."""
    return _is(_ORDER, text)


def _is(kind: TypeAdapter[str], text: str) -> bool:
    try:
        kind.validate_python(text)
    except ValidationError:
        return False
    return True
