"""Whether a reader of what was released can go on: the schema of an event as released against the schema as it is now.

Two readers count. One of the version before meets new records (both run side by side while a cell is upgraded); the new one meets
old records (topics are kept for ever). So a released event only grows: optional fields may come, and whatever else changes is a new
version, a new class with a higher `schema_version` beside the old one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

REMEDY = "make a new version of the event (a class with the next schema_version) and keep this one"
CONSTRAINTS = (
    "pattern",
    "format",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "default",
)
"""What may not change of a value. Wider breaks the old reader of new records, narrower the new reader of old ones."""

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Break:
    """One thing that a reader would stumble over."""

    place: str
    """Where, as in `case.clocks[].stage`."""
    what: str
    grown: str = ""
    """The enum and its new value, as in `ClockStage.RECEIPT`, where that is all that happened: the one change that is harmless once
    every reader knows it."""

    def __str__(self) -> str:
        return f"{self.place or 'the event'}: {self.what}; {REMEDY}"


def breaks(released: Schema, now: Schema) -> tuple[Break, ...]:
    """Everything in which `now` breaks a reader of `released`, or a record of it.

    `breaks({"type": "object", "properties": {"a": {...}}}, {"type": "object"})` names the field `a`.
    """
    return tuple(dict.fromkeys(_compare(released, now, _Two(released, now), "")))


@dataclass(frozen=True)
class _Two:
    """The two documents, for their references."""

    released: Schema
    now: Schema


def _compare(released: Schema, now: Schema, two: _Two, place: str) -> Iterator[Break]:
    name = _name(now)
    old, new = _choices(released, two.released), _choices(now, two.now)
    for kind in sorted(old.keys() | new.keys()):
        if kind not in new:
            yield Break(place, f"{kind} is not allowed any more, and records that have it stay on the topic")
        elif kind not in old:
            yield Break(place, f"{kind} was not allowed, and a reader of the released version refuses it")
        else:
            yield from _same_kind(old[kind], new[kind], two, place, name)


def _choices(schema: Schema, root: Schema) -> dict[str, Schema]:
    """What a value may be, by its JSON type. Null means absent: records never carry it."""
    found: dict[str, Schema] = {}
    for each in schema.get("anyOf", (schema,)):
        plain = _resolved(each, root)
        if "anyOf" in plain:
            found.update(_choices(plain, root))
            continue
        kinds = plain.get("type", "anything")
        beside = {"default": schema["default"]} if "default" in schema else {}
        for kind in (kinds,) if isinstance(kinds, str) else kinds:
            if kind != "null":
                found[kind] = {**plain, **beside}
    return found


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target: Any = root
    for step in str(reference).removeprefix("#/").split("/"):
        target = target[step]
    return {**_resolved(target, root), **{name: value for name, value in schema.items() if name != "$ref"}}


def _name(schema: Schema) -> str:
    """What the code calls the value's type, if it has a name."""
    for each in (schema, *schema.get("anyOf", ())):
        if "$ref" in each:
            return str(each["$ref"]).rpartition("/")[2]
    return ""


def _same_kind(old: Schema, new: Schema, two: _Two, place: str, name: str) -> Iterator[Break]:
    yield from _values(old.get("enum"), new.get("enum"), place, name)
    for constraint in CONSTRAINTS:
        if old.get(constraint) != new.get(constraint):
            yield Break(place, f"its {constraint} was {old.get(constraint)!r} and is {new.get(constraint)!r}")
    if "items" in old and "items" in new:
        yield from _compare(old["items"], new["items"], two, f"{place}[]")
    if old.get("type") == "object":
        yield from _objects(old, new, two, place)


def _values(old: Sequence[Any] | None, new: Sequence[Any] | None, place: str, name: str) -> Iterator[Break]:
    if old is None or new is None:
        if old is not new:
            yield Break(
                place,
                "it was any value and is one of a list" if old is None else "it was one of a list and is any value",
            )
        return
    for value in old:
        if value not in new:
            yield Break(place, f"the value {value} is gone, and records that have it stay on the topic")
    for value in new:
        if value not in old:
            yield Break(
                place,
                f"the value {value} is new, and a reader of the released version refuses it",
                grown=f"{name}.{value}",
            )


def _objects(old: Schema, new: Schema, two: _Two, place: str) -> Iterator[Break]:
    before, after = old.get("properties", {}), new.get("properties", {})
    must_before, must_now = set(old.get("required", ())), set(new.get("required", ()))
    for field, schema in before.items():
        where = f"{place}.{field}".lstrip(".")
        if field not in after:
            yield Break(where, "the field is gone, and readers of the released version rely on it")
            continue
        if field in must_now - must_before:
            yield Break(where, "the field must be there, and records without it stay on the topic")
        if field in must_before - must_now:
            yield Break(where, "the field may be absent, and readers of the released version rely on it")
        yield from _compare(schema, after[field], two, where)
    for field in after:
        if field not in before and field in must_now:
            yield Break(
                f"{place}.{field}".lstrip("."),
                "the field is new and must be there, and records without it stay on the topic",
            )
    if old.get("additionalProperties", True) is not False and new.get("additionalProperties", True) is False:
        yield Break(place, "unknown fields are refused, and a later version could not grow")
    both = (old.get("additionalProperties"), new.get("additionalProperties"))
    if all(isinstance(each, Mapping) for each in both):
        yield from _compare(both[0], both[1], two, f"{place}{{}}")  # type: ignore[arg-type]
