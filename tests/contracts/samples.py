"""Events made up from the models themselves: every field, every shape that its annotation allows."""

import types
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from functools import cache
from random import Random
from typing import Annotated, Any, Union, get_args, get_origin

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from services.contracts.events.base import Event

ZONES = (UTC, timezone(timedelta(hours=8)))
SINCE, SECONDS = datetime(2020, 1, 1, tzinfo=UTC), 80 * 365 * 86_400
LETTERS = "abcdefgh议事0123456789 -"
OF_A_PATTERN = 40
"""Strings that are made up of one pattern, and used again and again."""


def events(kind: type[Event], count: int) -> Iterator[Any]:
    """So many events of a type, the same ones each time. (Hypothesis, let to choose each of their hundreds of values, took ten times as long
    as what is done with them.)"""
    return (_made(kind, Random(f"{kind.__name__} {number}")) for number in range(count))


def _made(kind: type[BaseModel], chance: Random) -> BaseModel:
    return kind.model_validate(
        {name: _value(field.annotation, field.metadata, chance) for name, field in kind.model_fields.items()}
    )


def _value(annotation: Any, metadata: Sequence[Any], chance: Random) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(arguments[0], [*metadata, *arguments[1:]], chance)
    if origin in (Union, types.UnionType):
        return _value(chance.choice(arguments), metadata, chance)
    if origin is tuple:
        return tuple(_value(arguments[0], (), chance) for _ in range(chance.randint(0, 3)))
    if annotation is type(None):
        return None
    if annotation is str:
        pattern = pattern_of(metadata)
        return chance.choice(_of(pattern)) if pattern else "".join(chance.choices(LETTERS, k=chance.randint(0, 12)))
    if annotation is bool:
        return chance.random() < 0.5
    if annotation is int:
        return chance.randint(0, 10**6)
    if annotation is datetime:
        moment = SINCE + timedelta(seconds=chance.randint(0, SECONDS), microseconds=chance.choice((0, 1, 999_999)))
        return moment.astimezone(chance.choice(ZONES))
    if issubclass(annotation, Enum):
        return chance.choice(list(annotation))
    if issubclass(annotation, BaseModel):
        return _made(annotation, chance)
    raise TypeError(f"no samples of {annotation}: say in tests/contracts/samples.py how to make them up")


@cache
def _of(pattern: str) -> Sequence[str]:
    """Strings of a pattern. `$` of Python would let a line end pass; a JSON Schema's does not."""
    found: list[str] = []

    @settings(max_examples=OF_A_PATTERN, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(rf"\A(?:{pattern.removeprefix('^').removesuffix('$')})\Z"))
    def collect(each: str) -> None:
        found.append(each)

    collect()
    return found


def pattern_of(metadata: Sequence[Any]) -> str | None:
    """The pattern of a string among what is annotated on it; pydantic keeps it in more than one kind of object."""
    return next((str(each.pattern) for each in metadata if getattr(each, "pattern", None)), None)
