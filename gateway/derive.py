"""A mutation from its command: the contract is written once, and its sentences are the schema's.

Every field of a command that is derived this way has a docstring in Chinese and English; the schema test asks for it. A model inside
a command becomes an input of its own.
"""

import types
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import MISSING
from enum import Enum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import strawberry
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from strawberry.tools import create_type

from gateway.context import Context
from gateway.send import send
from gateway.words import RegionCode
from services.chassis.door import Answered
from services.contracts import regions
from services.contracts.base import Asked
from services.contracts.commands.base import Command
from services.contracts.names import zh
from services.contracts.sentences import sentence_under

Info = strawberry.Info[Context, None]
Show = Callable[[Info, Answered], Awaitable[Any]]
"""From what a service answered to what the mutation answers."""

KEY = "这一次操作的标识，由调用方生成；重试时不变。Your own name for this intention, 8 to 128 characters; the same in a retry."
CASE = "事项编号。The matter's id."
VERSION = (
    "您看到的版本；期间被他人更改则拒绝。The version you decided on; refused if somebody changed the matter since."
)
COMMON = {"idempotency_key": KEY, "case_id": CASE, "expected_version": VERSION}
"""What every command has, in words for callers."""

_REGION_PATTERN = next(
    each.pattern for each in get_args(regions.RegionCode)[1:] if getattr(each, "pattern", None) is not None
)


def mutations(name: str, commands: Sequence[type[Command]], answer: Any, show: Show, *, shown: bool = True) -> type:
    """A type with one mutation for each command, to be merged into `Mutation`. `shown` as of `send`."""
    return create_type(name, [_mutation(command, answer, show, shown) for command in commands])


def _mutation(command: type[Command], answer: Any, show: Show, shown: bool) -> Any:
    async def resolve(self: Any, info: Info, input: Any) -> Any:
        return await show(info, await send(info.context, command, input, shown=shown))

    resolve.__annotations__ = {"info": Info, "input": input_of(command), "return": answer}
    name = command.command_name()
    resolve.__name__ = resolve.__qualname__ = name[0].lower() + name[1:]
    return strawberry.mutation(resolver=resolve, name=resolve.__name__, description=describe(command))


@cache
def input_of(model: type[Asked]) -> type:
    """The GraphQL input of a command, or of a model inside one: `PassUp` becomes `PassUpInput`."""
    annotations: dict[str, Any] = {}
    values: dict[str, Any] = {}
    # Fields without a default first, as dataclasses want them; GraphQL has names, not places.
    for name, field in sorted(model.model_fields.items(), key=lambda each: not each[1].is_required()):
        kind_of_field = _type(field.annotation, field.metadata)
        annotations[name] = kind_of_field | None if isinstance(field.default, Asked) else kind_of_field
        values[name] = strawberry.field(description=COMMON.get(name) or sentence_under(model, name), **_default(field))
    kind = type(f"{model.__name__}Input", (), {"__annotations__": annotations, "__doc__": model.__doc__, **values})
    return strawberry.input(kind, description=describe(model))


def describe(model: type[Asked]) -> str:
    """Its Chinese name, then the first sentence of its docstring."""
    sentence = " ".join((model.__doc__ or "").split()).split(". ")[0].rstrip(".") + "."
    name = zh(model.__name__)
    return sentence if name == model.__name__ or sentence.startswith(name) else f"{name}。{sentence}"


def _default(field: FieldInfo) -> dict[str, Any]:
    if field.is_required():
        return {}
    if field.default is PydanticUndefined and field.default_factory is None:
        return {"default": MISSING}
    value = field.get_default(call_default_factory=True)
    match value:
        case tuple():
            return {"default_factory": list}
        case Asked():
            return {"default": None}
        case _:
            return {"default": value}


def _type(annotation: Any, metadata: Sequence[Any] = ()) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return _type(next(each for each in arguments if each is not type(None)), metadata) | None
    if origin is tuple:
        return list[_type(arguments[0])]  # type: ignore[misc]
    if annotation is str and any(getattr(each, "pattern", None) == _REGION_PATTERN for each in metadata):
        return RegionCode
    if isinstance(annotation, type) and issubclass(annotation, Asked):
        return input_of(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return annotation
    return annotation
