"""What every message is made of."""

from datetime import UTC, datetime, timezone
from functools import lru_cache
from typing import Annotated, TypeVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel

FIXED = (timezone, type(TypeAdapter(datetime).validate_json('"2026-10-13T09:00:00Z"').tzinfo))
"""Zones whose offset is always the same: Python's, and what pydantic makes of a text."""


def _aware(value: datetime) -> datetime:
    offset = value.utcoffset()
    if offset is None:
        raise ValueError("a time without a zone means nothing here: add an offset, as in 2026-10-13T17:00:00+08:00")
    if offset or not isinstance(value.tzinfo, FIXED):
        return value.astimezone(UTC)
    return value  # as a rule it is so already, and an event has dozens of times


Instant = Annotated[datetime, AfterValidator(_aware)]
"""A moment, always aware, kept in UTC; people are shown Asia/Shanghai."""


class Model(BaseModel):
    """A value in the public language: immutable, camelCase on the wire, unknown fields ignored (a newer writer may add some)."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


M = TypeVar("M", bound=Model)


def read(kind: type[M], text: str) -> M:
    """A value from its JSON. It cannot be changed, so whoever reads the same text next is given the same value: between two of its changes
    a matter is looked at by many people, and by every service of a process. Raises pydantic.ValidationError."""
    return cast(M, _read(kind, text))


@lru_cache(500)
def _read(kind: type[Model], text: str) -> Model:
    return kind.model_validate_json(text)


class Asked(Model):
    """A value that a caller writes: an unknown field is a mistake that she wants to hear about."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
