"""The generated documents: committed as generated, whole, and true to AsyncAPI 3.0."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from deploy.cli.schema import ROOT, documents
from deploy.documents import generated
from deploy.documents.events import EVENT_TYPES
from deploy.documents.words import EVENTS, REACHES, RETENTIONS, SERVICES, SETTINGS
from deploy.documents.words import TOPICS as TOPIC_WORDS
from deploy.wiring import EVERYTHING
from services.chassis.settings import Settings
from services.chassis.wire import headers_of, value_of
from services.contracts.callers import Reach
from services.contracts.events.base import Event
from services.contracts.events.intake import CaseLeft
from services.contracts.names import ZH
from services.contracts.permission_table import TABLE
from services.contracts.refusals import Code
from services.contracts.topics import TOPICS, Retention
from tests.contracts.samples import events

DOCS = ROOT / "docs"
ASYNCAPI: dict[str, Any] = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))


GENERATED = documents()


@pytest.mark.parametrize("file", GENERATED, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_committed_document_is_what_the_code_says(file: Path) -> None:
    assert file.exists(), "run `make schema`"
    assert file.read_text(encoding="utf-8") == GENERATED[file], "run `make schema`"


def test_generation_is_the_same_every_time() -> None:
    again = {ROOT / name: text for name, text in generated().items()}
    assert again.items() <= GENERATED.items()
    assert len(again) == len(GENERATED) - 1, "the schema of GraphQL is no document of these"


def test_no_event_schema_is_left_over() -> None:
    there = {file.name for file in (DOCS / "events").glob("*.json")}
    assert there == {file.name for file in GENERATED if file.parent == DOCS / "events"}


def test_every_word_of_the_pages_is_there_in_chinese() -> None:
    assert set(SETTINGS) == set(Settings.model_fields)
    assert set(TOPIC_WORDS) == {topic.name for topic in TOPICS}
    assert set(EVENTS) == {kind.__name__ for kind in EVENT_TYPES}
    assert set(REACHES) == set(Reach)
    assert set(RETENTIONS) == set(Retention)
    assert set(SERVICES) == set(EVERYTHING)
    assert {line.command for line in TABLE} <= set(ZH)


def test_everything_that_a_page_is_about_stands_on_it() -> None:
    pages = {file.relative_to(ROOT).as_posix(): text for file, text in GENERATED.items()}
    for name, field in Settings.model_fields.items():
        assert f"`YISHI_{name.upper()}`" in pages["docs/settings.md"]
        assert field.description, f"{name} says nothing"
    for code in Code:
        assert f"`{code.name}`" in pages["docs/refusals.md"]
    for topic in TOPICS:
        assert f"`{topic.name}`" in pages["docs/topics.md"]
    for line in TABLE:
        assert f"`{line.command}`" in pages["docs/permissions.md"]
        assert f"`{line.command}`" in pages["docs/services.md"]


def test_links_of_the_pages_lead_somewhere() -> None:
    for file, text in GENERATED.items():
        if file.suffix == ".md":
            for target in re.findall(r"\]\(([^)#:]+)\)", text):
                assert file.parent.joinpath(target).exists(), f"{file.name} links to {target}"


# AsyncAPI. Its own JSON Schema is not at hand, so the parts that we use are written down here, and nothing else is let through.

REFERENCE = {
    "type": "object",
    "required": ["$ref"],
    "properties": {"$ref": {"type": "string"}},
    "additionalProperties": False,
}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
NAME = r"^[A-Za-z0-9._\-]+$"
STRUCTURE: dict[str, Any] = {
    "$defs": {
        "reference": REFERENCE,
        "references": {
            "type": "object",
            "propertyNames": {"pattern": NAME},
            "additionalProperties": {"$ref": "#/$defs/reference"},
        },
        "channel": {
            "type": "object",
            "required": [
                "address",
                "messages",
                "bindings",
                "description",
                "x-owner",
                "x-readers",
                "x-key",
                "x-retention",
            ],
            "properties": {
                "address": {"type": "string", "pattern": r"^\{cell\}\.[a-z]+\.[a-z-]+\.v[0-9]+$"},
                "title": {"type": "string"},
                "description": {"type": "string"},
                "servers": {"type": "array", "items": {"$ref": "#/$defs/reference"}},
                "parameters": {"$ref": "#/$defs/references"},
                "messages": {"$ref": "#/$defs/references"},
                "bindings": {
                    "type": "object",
                    "required": ["kafka"],
                    "properties": {
                        "kafka": {
                            "type": "object",
                            "required": ["partitions", "topicConfiguration", "bindingVersion"],
                            "properties": {
                                "partitions": {"type": "integer", "minimum": 1},
                                "bindingVersion": {"const": "0.5.0"},
                                "topicConfiguration": {
                                    "type": "object",
                                    "properties": {
                                        "cleanup.policy": {
                                            "type": "array",
                                            "items": {"enum": ["delete", "compact"]},
                                            "minItems": 1,
                                        },
                                        "retention.ms": {"type": "integer", "minimum": -1},
                                        "retention.bytes": {"type": "integer", "minimum": -1},
                                        "delete.retention.ms": {"type": "integer", "minimum": 0},
                                        "max.message.bytes": {"type": "integer", "minimum": 0},
                                    },
                                    "additionalProperties": False,
                                },
                            },
                            "additionalProperties": False,
                        }
                    },
                    "additionalProperties": False,
                },
            },
            "patternProperties": {"^x-": True},
            "additionalProperties": False,
        },
        "operation": {
            "type": "object",
            "required": ["action", "channel", "messages"],
            "properties": {
                "action": {"enum": ["send", "receive"]},
                "title": {"type": "string"},
                "channel": {"$ref": "#/$defs/reference"},
                "messages": {"type": "array", "items": {"$ref": "#/$defs/reference"}, "minItems": 1},
            },
            "additionalProperties": False,
        },
        "message": {
            "type": "object",
            "required": ["name", "title", "summary", "contentType", "headers", "payload", "bindings", "correlationId"],
            "properties": {
                "name": {"type": "string"},
                "title": {"type": "string"},
                "summary": {"type": "string"},
                "contentType": {"const": "application/json"},
                "correlationId": {
                    "type": "object",
                    "required": ["location"],
                    "properties": {
                        "location": {"type": "string", "pattern": r"^\$message\.header#/"},
                        "description": {"type": "string"},
                    },
                    "additionalProperties": False,
                },
                "headers": {"type": "object"},
                "payload": {"$ref": "#/$defs/reference"},
                "bindings": {
                    "type": "object",
                    "required": ["kafka"],
                    "properties": {
                        "kafka": {
                            "type": "object",
                            "required": ["key", "bindingVersion"],
                            "properties": {"key": {"type": "object"}, "bindingVersion": {"const": "0.5.0"}},
                            "additionalProperties": False,
                        }
                    },
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
    },
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "info": {
            "type": "object",
            "required": ["title", "version"],
            "properties": {
                "title": {"type": "string"},
                "version": {"type": "string"},
                "description": {"type": "string"},
                "license": TEXTS,
            },
            "additionalProperties": False,
        },
        "defaultContentType": {"const": "application/json"},
        "servers": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["host", "protocol"],
                "properties": {
                    "host": {"type": "string"},
                    "protocol": {"const": "kafka"},
                    "description": {"type": "string"},
                },
                "additionalProperties": False,
            },
        },
        "channels": {
            "type": "object",
            "propertyNames": {"pattern": NAME},
            "additionalProperties": {"$ref": "#/$defs/channel"},
        },
        "operations": {
            "type": "object",
            "propertyNames": {"pattern": NAME},
            "additionalProperties": {"$ref": "#/$defs/operation"},
        },
        "components": {
            "type": "object",
            "propertyNames": {"enum": ["parameters", "schemas", "messages"]},
            "properties": {
                "parameters": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "properties": {
                            "description": {"type": "string"},
                            "default": {"type": "string"},
                            "examples": {"type": "array", "items": {"type": "string"}},
                        },
                        "additionalProperties": False,
                    },
                },
                "messages": {
                    "type": "object",
                    "propertyNames": {"pattern": NAME},
                    "additionalProperties": {"$ref": "#/$defs/message"},
                },
            },
        },
    },
    "additionalProperties": False,
}


def test_the_asyncapi_document_has_the_structure_of_3_0() -> None:
    Draft202012Validator.check_schema(STRUCTURE)
    Draft202012Validator(STRUCTURE).validate(ASYNCAPI)


def test_every_reference_resolves() -> None:
    references = list(_references(ASYNCAPI))
    assert len(references) > len(TOPICS) * 3
    for reference in references:
        assert _resolve(reference) is not None, reference


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _resolve(reference: str) -> Any:
    file, _, pointer = reference.partition("#")
    target: Any = json.loads((DOCS / file).read_text(encoding="utf-8")) if file else ASYNCAPI
    for step in pointer.strip("/").split("/") if pointer.strip("/") else ():
        target = target[step.replace("~1", "/").replace("~0", "~")]
    return target


def test_an_operation_has_messages_of_its_own_channel() -> None:
    for operation in ASYNCAPI["operations"].values():
        channel = operation["channel"]["$ref"]
        assert [each["$ref"] for each in operation["messages"]] == [
            f"{channel}/messages/{name}" for name in _resolve(channel)["messages"]
        ]


def test_channels_are_the_table_of_topics() -> None:
    assert list(ASYNCAPI["channels"]) == [topic.name for topic in TOPICS]
    for topic in TOPICS:
        channel = ASYNCAPI["channels"][topic.name]
        assert channel["address"].replace("{cell}", "21") == topic.in_cell("21")
        assert channel["x-owner"] == topic.owner
        assert channel["x-readers"] == sorted(topic.readers)
        assert channel["bindings"]["kafka"]["partitions"] == topic.partitions
        assert list(channel["messages"]) == [kind.type_name() for kind in topic.events]
        assert "never across topics" in channel["description"]
        sends = [name for name in ASYNCAPI["operations"] if name.endswith(f".send.{topic.name}")]
        reads = [name for name in ASYNCAPI["operations"] if name.endswith(f".receive.{topic.name}")]
        assert sends == [f"{topic.owner}.send.{topic.name}"]
        assert sorted(reads) == sorted(f"{reader}.receive.{topic.name}" for reader in topic.readers)


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.type_name())
def test_a_record_is_as_the_document_says(kind: type[Event]) -> None:
    """Headers, key and payload of a sample, found the way a reader of the document finds them."""
    message = ASYNCAPI["components"]["messages"][kind.type_name()]
    for event in events(kind, 5):
        headers = headers_of(event, "01JD2Z7Y3W8V5T4S3R2Q1P0N9M", "21", "c-1")
        _check(message["headers"], headers)
        _check(message["bindings"]["kafka"]["key"], event.key)
        _check(_resolve(message["payload"]["$ref"]), json.loads(value_of(event)))


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.type_name())
def test_headers_of_another_type_or_too_few_are_told_apart(kind: type[Event]) -> None:
    """Guards the test above."""
    validator = _validator(ASYNCAPI["components"]["messages"][kind.type_name()]["headers"])
    left = CaseLeft(at=datetime(2026, 11, 23, tzinfo=UTC), case_id="2103-01JD2Z7Y3W8V5T4S3R2Q1P0N9M", case_version=3)
    right = {
        **headers_of(left, "e-1", "21", "c-1"),
        "ce_type": kind.type_name(),
        "ce_source": f"/yishi/21/{kind.service}",
    }
    assert validator.is_valid(right)
    assert not validator.is_valid({**right, "ce_type": "org.yishi.intake.Other.v1"})
    assert not validator.is_valid({**right, "ce_source": "/yishi/21/other"})
    for name in right:
        assert not validator.is_valid({each: value for each, value in right.items() if each != name}), name


def _validator(schema: Any) -> Draft202012Validator:
    """References into the document's components resolve, because they come along."""
    whole = {**schema, "components": ASYNCAPI["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _check(schema: Any, value: Any) -> None:
    _validator(schema).validate(value)
