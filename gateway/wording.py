"""What the GraphQL library finds wrong, in our words: where, why, what to do. Of values never what was written: it may be personal, and
the library quotes it whole."""

import re

from graphql import GraphQLError

from services.contracts.names import Said
from services.contracts.wrong import Wrong

_VALUE = re.compile(
    r"(?:Variable '\$(?P<variable>\w+)'|Argument '(?P<argument>\w+)')[^:]*?"
    r"(?: at (?P<path>(?:\[\d+\]|\.\w+)+))?: (?P<why>.*)",
    re.DOTALL,
)
"""How the library begins: the names are the document's or the schema's."""
_NAME = re.compile(r"\w{1,40}", re.ASCII)
_FIELD = re.compile(
    r"Expected value of type '[^']+' (?P<no>not )?to include (?:required|unknown) field '(?P<field>[^']*)'"
)
_ABSENT = re.compile(r"Expected a value of non-null type '[^']+' to be provided")
_NULL = re.compile(r"Expected value of non-null type '[^']+' not to be (?:None|null)")
_ENUM = re.compile(r"(?:Value .* does not exist in|Enum) '\w+'", re.DOTALL)
_TIME = re.compile(r"Value cannot represent a (?P<kind>DateTime|Date)\b")
_TYPE = re.compile(r"(?:Expected value of type '|Expected type ')?(?P<type>\w+)[!']? ?")
_TYPES: dict[str, tuple[str, str]] = {
    "Int": ("整数", "a whole number"),
    "Float": ("数字", "a number"),
    "String": ("文字", "text"),
    "ID": ("编号", "an id"),
    "Boolean": ("true 或 false", "true or false"),
}


def of_value(error: GraphQLError) -> tuple[str, Said]:
    """Of a variable or an argument that cannot be taken: which, as far as it can be told, and why."""
    found = _VALUE.match(error.message)
    name = (found and (found["variable"] or found["argument"])) or ""
    path = (found and found["path"]) or ""
    wrong, field, kind = _why(found["why"] if found else "")
    place = f"{name}{path}{f'.{field}' if field else ''}"
    return place, wrong.saying(**kind)


def _why(words: str) -> tuple[Wrong, str, dict[str, object]]:
    """The reason, the field that is meant beside the path, and what fills the reason."""
    if field := _FIELD.match(words):
        # A name that the caller made up is shown only where it can be one.
        name = field["field"] if _NAME.fullmatch(field["field"]) else "?"
        return (Wrong.UNKNOWN if field["no"] else Wrong.MISSING), name, {}
    if _ABSENT.match(words):
        return Wrong.MISSING, "", {}
    if _NULL.match(words):
        return Wrong.NULL, "", {}
    if _ENUM.match(words):
        return Wrong.NOT_A_VALUE, "", {}
    if time := _TIME.match(words):
        return (Wrong.NO_DATE if time["kind"] == "Date" else Wrong.NO_TIME), "", {}
    kind = _TYPE.match(words)
    match kind["type"] if kind else "":
        case "RegionCode":
            return Wrong.NO_REGION, "", {}
        case builtin if builtin in _TYPES:
            return Wrong.NOT_OF_TYPE, "", {"type": _TYPES[builtin]}
        case named if named.endswith("Input"):
            return Wrong.NOT_OF_TYPE, "", {"type": (f"对象 {named}", f"an object {named}")}
    return Wrong.NOT_IN_ORDER, "", {}


def of_document(error: GraphQLError, zh: str, en: str) -> tuple[str, str]:
    """A document that cannot run: where it is wrong and what to do, in Chinese and in English; beside, for whoever writes queries, the
    library's hint, unless it is about a value."""
    places = error.locations or []
    where_zh = f"（第 {places[0].line} 行第 {places[0].column} 列）" if places else ""
    where_en = f" at line {places[0].line}, column {places[0].column}" if places else ""
    wrong, field, kind = _why(error.message)
    if wrong is not Wrong.NOT_IN_ORDER:
        said, of = wrong.saying(**kind), f"{field}：" if field else ""
        return f"{zh}{where_zh}：{of}{said.zh}。", f"{en}{where_en}: {of.replace('：', ': ')}{said.en}."
    return f"{zh}{where_zh}，请改正该处。", f"{en}{where_en}: correct it there. {error.message}"
