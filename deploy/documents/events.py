"""One JSON Schema (2020-12) per event type, as its records are written: camelCase names, absent instead of null, unknown fields allowed."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import ModelSchema

from services.contracts.events.base import Event
from services.contracts.sentences import sentence_under
from services.contracts.topics import TOPICS

EVENT_TYPES: tuple[type[Event], ...] = tuple(dict.fromkeys(kind for topic in TOPICS for kind in topic.events))
"""Every event type once, in the order of the topics."""


class _Described(GenerateJsonSchema):
    """With the sentence under each field as its description."""

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        kind = schema["cls"]
        for name, field in kind.model_fields.items():
            shown = made["properties"].get(field.serialization_alias or name)
            if shown is not None and (sentence := field.description or sentence_under(kind, name)):
                shown["description"] = sentence
        return made


def file_of(kind: type[Event]) -> str:
    """Where the schema of an event type is committed."""
    return f"docs/events/{kind.type_name()}.json"


def schema_of(kind: type[Event]) -> dict[str, Any]:
    """The JSON Schema of an event's data."""
    made = _plain(kind.model_json_schema(by_alias=True, mode="serialization", schema_generator=_Described))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind.type_name(), **made}


def schema_text(kind: type[Event]) -> str:
    """The same as the text of its file."""
    return json.dumps(schema_of(kind), ensure_ascii=False, indent=2) + "\n"


def first_sentences(text: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def _plain(node: Any) -> Any:
    """Without what pydantic makes up (titles, null as the value of an absent field) and with descriptions on one line each."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    plain: dict[str, Any] = {}
    for name, value in node.items():
        if name == "title" and isinstance(value, str):
            continue
        if name == "default" and value is None:
            continue
        if name in {"properties", "$defs"}:
            plain[name] = {each: _plain(schema) for each, schema in value.items()}
        elif name == "description" and isinstance(value, str):
            plain[name] = " ".join(value.split())
        else:
            plain[name] = _plain(value)
    if plain.get("type") == "object" and "properties" in plain:
        plain["additionalProperties"] = True
    return plain
