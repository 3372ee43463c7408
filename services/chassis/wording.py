"""What Pydantic finds wrong, in our words: which field, why, what to do. Never the input, which may be personal."""

import re
from typing import Any, get_args

from pydantic import ValidationError

from services.contracts.ids import ExternalRef, IdempotencyKey
from services.contracts.refusals import Refused
from services.contracts.regions import RegionCode
from services.contracts.wrong import Wrong, malformed

_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
LONGEST_FIELD = 80


def malformed_by(error: ValidationError) -> Refused:
    """The refusal of the first field that is wrong."""
    first = error.errors(include_input=False, include_url=False)[0]
    # A name that the caller made up is shown only where it can be one.
    parts = (str(part) for part in first["loc"])
    field = ".".join(part if _NAME.fullmatch(part) else "?" for part in parts)[:LONGEST_FIELD]
    wrong, filled = _wrong(first["type"], first.get("ctx", {}))
    return malformed(field or "body", wrong, **filled)


def _pattern(annotation: Any) -> str:
    return str(next(each.pattern for each in get_args(annotation) if getattr(each, "pattern", None)))


_PATTERNS = {
    _pattern(RegionCode): Wrong.NO_REGION,
    _pattern(IdempotencyKey): Wrong.NO_KEY,
    _pattern(ExternalRef): Wrong.NO_REFERENCE,
}
_SIMPLY = {
    "missing": Wrong.MISSING,
    "extra_forbidden": Wrong.UNKNOWN,
    "enum": Wrong.NOT_A_VALUE,
    "literal_error": Wrong.NOT_A_VALUE,
    "string_unicode": Wrong.NOT_TEXT,
    "value_error": Wrong.NO_TIME,  # the one validator of ours asks for a zone (`contracts.base.Instant`)
    "timezone_aware": Wrong.NO_TIME,
}
_TYPES = {
    "string": ("文字", "text"),
    "int": ("整数", "a whole number"),
    "float": ("数字", "a number"),
    "bool": ("true 或 false", "true or false"),
    "list": ("列表", "a list"),
    "tuple": ("列表", "a list"),
    "dict": ("对象", "an object"),
    "model": ("对象", "an object"),
}
_LEAST, _MOST = ("ge", "gt", "min_length"), ("le", "lt", "max_length")


def _wrong(kind: str, about: dict[str, Any]) -> tuple[Wrong, dict[str, object]]:
    """By the kind of error; of what the error is about only limits are taken, which are numbers of ours."""
    least, most = (next((about[name] for name in names if name in about), None) for names in (_LEAST, _MOST))
    match kind:
        case _ if kind in _SIMPLY:
            return _SIMPLY[kind], {}
        case "string_pattern_mismatch":
            return _PATTERNS.get(about.get("pattern", ""), Wrong.NO_ID), {}
        case "greater_than_equal" | "greater_than":
            return Wrong.TOO_SMALL, {"least": least}
        case "less_than_equal" | "less_than":
            return Wrong.TOO_LARGE, {"most": most}
        case "too_short" | "string_too_short":
            return Wrong.TOO_FEW, {"least": least}
        case "too_long" | "string_too_long":
            return Wrong.TOO_MANY, {"most": most}
        case _ if kind.startswith("datetime"):
            return Wrong.NO_TIME, {}
        case _ if kind.startswith("date"):
            return Wrong.NO_DATE, {}
    of = _TYPES.get(kind.partition("_")[0])
    return (Wrong.NOT_OF_TYPE, {"type": of}) if of else (Wrong.NOT_IN_ORDER, {})
