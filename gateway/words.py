"""Names of codes for people, and the descriptions of enum values in the schema: Chinese first, English beside."""

from enum import Enum
from typing import Any, NewType

import strawberry
from pydantic import TypeAdapter, ValidationError

from gateway.clock_words import CLOCK_WORDS
from gateway.council_words import COUNCIL_WORDS
from gateway.order_words import ORDER_WORDS
from gateway.value_words import WORDS
from services.contracts import regions
from services.contracts.cases import (
    Category,
    SubCategory,
)

_REGION: TypeAdapter[str] = TypeAdapter(regions.RegionCode)


def _region_code(value: object) -> str:
    """Raises ValueError; what the caller is told is in `wording`."""
    try:
        return _REGION.validate_python(value, strict=True)
    except ValidationError:
        raise ValueError("a region code is a string of 2, 4, 6, 9 or 12 digits that begins with 21") from None


RegionCode = NewType("RegionCode", str)
REGION_CODE = strawberry.scalar(
    name="RegionCode",
    description="区划代码：2、4、6、9 或 12 位数字的字符串。A region code: a string of 2, 4, 6, 9 or 12 digits, never a number.",
    serialize=str,
    parse_value=_region_code,
)


class Lamp(Enum):
    """The three lamps (红黄绿)."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


WORDS[Lamp] = (
    "亮灯。How much of the window is used.",
    {"GREEN": "绿灯：不到 80%。Below 80 %.", "AMBER": "黄灯：80% 起。From 80 %.", "RED": "红灯：已超期。Overdue."},
)


WORDS.update(CLOCK_WORDS)
WORDS.update(COUNCIL_WORDS)
WORDS.update(ORDER_WORDS)

ROOTS = {
    "Query": "查询：只看得到您有权看的。What may be read: of everything, what the caller may see.",
    "Mutation": "操作：每一项都返回结果或拒绝。What may be done: each answers its result or why it was refused.",
    "Subscription": "订阅：断线后可从游标继续。What may be followed: each goes on from a cursor.",
}

for _of, (_description, _) in WORDS.items():
    strawberry.enum(_of, description=_description)  # the contracts' enums serve as GraphQL enums as they are


def describe_values(schema: strawberry.Schema) -> None:
    """Give every enum value its description. Strawberry takes these only inside an enum's own body, and ours are the contracts'."""
    for of, (_, words) in WORDS.items():
        definition: Any = schema._schema.type_map.get(of.__name__)
        if definition is None:
            continue
        for name, value in definition.values.items():
            value.description = words.get(name) or _of_sub_category(name)


def describe_roots(schema: strawberry.Schema) -> None:
    """Descriptions of the three root types, which are merged from the subjects, and of the argument that every mutation has."""
    types: Any = schema._schema.type_map
    for name, words in ROOTS.items():
        types[name].description = words
    for mutation in types["Mutation"].fields.values():
        for argument in mutation.args.values():
            named = getattr(argument.type, "of_type", argument.type)
            argument.description = argument.description or named.description


def _of_sub_category(name: str) -> str:
    default = SubCategory(name).default
    return f"{WORDS[Category][1][default.category.value].split('。')[0]}：{default.case_class.value}，{default.urgency.value}。{default.category.value}, {default.case_class.value}, {default.urgency.value} by default."
