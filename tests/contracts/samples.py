"""Events made up by Hypothesis from the models themselves: every field, every shape that its annotation allows."""

import types
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from services.contracts.events.base import Event

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8))])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001 Hypothesis adds the zone
WORDS = st.text("abcdefgh议事0123456789 -", max_size=12)


@cache
def events(kind: type[Event]) -> st.SearchStrategy[Any]:
    """Events of a type."""
    return _models(kind)


@cache
def _models(kind: type[BaseModel]) -> st.SearchStrategy[Any]:
    fields = {name: _field(field) for name, field in kind.model_fields.items()}
    return st.fixed_dictionaries(fields).map(kind.model_validate)


def _field(field: FieldInfo) -> st.SearchStrategy[Any]:
    return _values(field.annotation, field.metadata)


def _values(annotation: Any, metadata: Sequence[Any] = ()) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(arguments[0], [*metadata, *arguments[1:]])
    if origin in (Union, types.UnionType):
        return st.one_of(*(_values(each, metadata) for each in arguments))
    if origin is tuple:
        return st.lists(_values(arguments[0]), max_size=3).map(tuple)
    if annotation is type(None):
        return st.none()
    if annotation is str:
        return _strings(metadata)
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(0, 10**6)
    if annotation is datetime:
        return MOMENTS
    if issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    if issubclass(annotation, BaseModel):
        return _models(annotation)
    raise TypeError(f"no samples of {annotation}: say in tests/contracts/samples.py how to make them up")


def _strings(metadata: Sequence[Any]) -> st.SearchStrategy[str]:
    pattern = pattern_of(metadata)
    if pattern is None:
        return WORDS
    # `$` of Python would let a line end pass; a JSON Schema's does not.
    return st.from_regex(rf"\A(?:{pattern.removeprefix('^').removesuffix('$')})\Z")


def pattern_of(metadata: Sequence[Any]) -> str | None:
    """The pattern of a string among what is annotated on it; pydantic keeps it in more than one kind of object."""
    return next((str(each.pattern) for each in metadata if getattr(each, "pattern", None)), None)
